/** A consumer that hands everything it hears to the model. */

import type { BusErrorCode, Claim, EngineConsumer, Sink } from 'busbar/transport'
import type { Group } from './copy.js'

export type Gap = Parameters<Sink['onGap']>[0]

export interface Listener {
  gap(worker: SimWorker, gap: Gap): void
  delivered(worker: SimWorker, claim: Claim): void
  lost(token: number): void
  /** By itself; not when the hub closes. */
  ended(reason: BusErrorCode | undefined): void
}

export class SimWorker implements Sink {
  consumer!: EngineConsumer
  isActive = true

  constructor(
    readonly group: Group,
    readonly pattern: string,
    private readonly listener: Listener,
  ) {}

  deliver(claim: Claim): void {
    if (!this.isActive) throw new Error('a delivery to a consumer that stopped')
    this.listener.delivered(this, claim)
  }

  onGap(gap: Gap): void {
    this.listener.gap(this, gap)
  }

  ended(reason: BusErrorCode | undefined): void {
    this.isActive = false
    if (reason !== 'CLOSED') this.listener.ended(reason)
  }

  lost(token: number): void {
    this.listener.lost(token)
  }
}
