/** Renews the leases of one consumer before they end: one timer for all its claims, not one for each message. */

import type { Clock, Timer } from 'busbar/transport'

export class LeaseRenewal {
  private timer: Timer | undefined
  private readonly everyMs: number

  /** `renew` is called every third of a lease, until it gives false. */
  constructor(
    private readonly clock: Clock,
    leaseMs: number,
    private readonly renew: () => boolean,
  ) {
    this.everyMs = Math.max(1, leaseMs / 3)
  }

  arm(): void {
    this.timer ??= this.clock.after(this.everyMs, () => {
      this.timer = undefined
      if (this.renew()) this.arm()
    })
  }

  cancel(): void {
    this.timer?.cancel()
    this.timer = undefined
  }
}
