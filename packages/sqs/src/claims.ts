/** Claims on received messages: renewed while they are held, and told as lost when the queue no longer grants them. */

import type { Clock, Timer } from 'busbar/transport'
import type { Line } from './lines.js'

/** The longest `VisibilityTimeout`. */
const longestHiddenSeconds = 43_200

/** SQS counts in whole seconds: no lease is shorter than asked for. */
export const secondsOf = (ms: number): number =>
  Math.min(longestHiddenSeconds, Math.max(1, Math.ceil(ms / 1_000)))

interface Held {
  readonly lose: () => void
  /** On the monotonic clock. */
  until: number
  isRenewing: boolean
}

export class Claims {
  private readonly held = new Map<string, Held>()
  private timer: Timer | undefined

  constructor(
    private readonly clock: Clock,
    private readonly line: Line,
    private readonly leaseSeconds: number,
  ) {}

  /** Holds a message that was received now. */
  hold(handle: string, lose: () => void): void {
    this.held.set(handle, { lose, until: this.end(), isRenewing: false })
    this.timer ??= this.clock.after((this.leaseSeconds * 1_000) / 3, () => this.renew())
  }

  /** It is settled, or about to be. False when the claim was lost before. */
  drop(handle: string): boolean {
    const had = this.held.delete(handle)
    if (this.held.size === 0) {
      this.timer?.cancel()
      this.timer = undefined
    }
    return had
  }

  /** Shows a message to others, who get it as the next attempt; what fails here is shown when its lease ends. */
  async release(handle: string): Promise<void> {
    this.drop(handle)
    await this.line.hidings.add({ handle, seconds: 0 }).catch(() => {})
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.held.keys()].map((handle) => this.release(handle)))
  }

  private end(): number {
    return this.clock.monotonic() + this.leaseSeconds * 1_000
  }

  private renew(): void {
    this.timer = this.clock.after((this.leaseSeconds * 1_000) / 3, () => this.renew())
    const now = this.clock.monotonic()
    for (const [handle, one] of this.held) {
      if (one.until <= now) this.lose(handle)
      else if (!one.isRenewing) void this.renewOne(handle, one)
    }
  }

  private async renewOne(handle: string, one: Held): Promise<void> {
    one.isRenewing = true
    const until = this.end()
    try {
      await this.line.hidings.add({ handle, seconds: this.leaseSeconds })
      one.until = until
    } catch {
      // The message is somebody else's, or was held for the twelve hours that SQS allows.
      if (this.held.get(handle) === one) this.lose(handle)
    } finally {
      one.isRenewing = false
    }
  }

  private lose(handle: string): void {
    const one = this.held.get(handle)
    this.drop(handle)
    one?.lose()
  }
}
