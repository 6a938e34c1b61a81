/** One side of an exchange: what it says goes through a window of parts to the other side, in order. */

import { BusError } from '../errors.js'
import type { Closed, Exchange, MaybePromise, Part, Peer } from '../transport.js'

/** Parts a peer may be busy with at a time; the sender waits beyond. */
const windowParts = 16
/** Parts that may wait for the window; a sender that does not wait is refused beyond. */
const maxWaitingParts = 1_024

/** What the two sides of an exchange report to. */
export interface Sides {
  /** This side said that nothing follows from it. */
  said(side: Side): void
  /** This side wants the exchange over. */
  end(reason: Closed): void
  /** This side has heard its `closed`. */
  gone(side: Side): void
}

interface Waiting {
  readonly part: Part
  readonly resolve: (() => void) | undefined
  readonly reject: ((error: BusError) => void) | undefined
}

/** Of a part that the other side has not been given and never will be. */
const refusal = (reason: Closed | undefined): BusError =>
  reason === undefined || reason.code === 'DONE'
    ? new BusError('CLOSED', 'Nothing can be sent on an exchange that has ended.', { outcome: 'rejected' })
    : new BusError(reason.code, reason.message ?? 'The exchange has ended, nothing more can be sent on it.', {
        outcome: 'rejected',
      })

export class Side implements Exchange {
  /** Set before the first part is sent, always: an exchange makes both sides at once. */
  other: Side = this
  over = false
  saidEnd = false
  private peer: Peer | undefined
  private busy = 0
  private waiting: Waiting[] = []
  private ending: Closed | undefined

  constructor(
    private readonly sides: Sides,
    peer: Peer | undefined,
  ) {
    this.peer = peer
  }

  /** Gives this side its ear; what was said before is heard now. */
  attach(peer: Peer): void {
    this.peer = peer
    if (this.over) peer.closed(this.ending ?? { code: 'DONE' })
    else this.drain()
  }

  send(part: Part): MaybePromise<void> {
    if (this.over || this.saidEnd || this.ending !== undefined) return Promise.reject(refusal(this.ending))
    const { other } = this
    if (other.waiting.length >= maxWaitingParts) {
      return Promise.reject(
        new BusError('QUEUE_FULL', `${maxWaitingParts} parts wait for the other side of this exchange.`, {
          outcome: 'rejected',
        }),
      )
    }
    const sent = other.take(part)
    if (part.end === true && !this.saidEnd) {
      this.saidEnd = true
      this.sides.said(this)
    }
    return sent
  }

  close(reason: Closed): void {
    if (!this.over) this.sides.end(reason)
  }

  /** Ends this side: after what was said to it when the end is a good one, at once otherwise. */
  finish(reason: Closed): void {
    if (this.over) return
    this.ending = reason
    if (reason.code === 'DONE' && this.peer !== undefined && this.waiting.length > 0) return
    this.over = true
    const { waiting } = this
    this.waiting = []
    for (const left of waiting) left.reject?.(refusal(reason))
    this.sides.gone(this)
    this.peer?.closed(reason)
  }

  private take(part: Part): MaybePromise<void> {
    const { waiting } = this
    if (this.peer !== undefined && waiting.length === 0 && this.busy < windowParts) {
      this.hand(this.peer, part)
      return
    }
    if (this.peer === undefined && waiting.length < windowParts) {
      waiting.push({ part, resolve: undefined, reject: undefined })
      return
    }
    return new Promise((resolve, reject) => {
      waiting.push({ part, resolve, reject })
    })
  }

  private hand(peer: Peer, part: Part): void {
    const taken = peer.part(part)
    if (taken === undefined) return
    this.busy += 1
    const free = (): void => {
      this.busy -= 1
      this.drain()
    }
    taken.then(free, free)
  }

  private drain(): void {
    while (!this.over && this.peer !== undefined && this.busy < windowParts) {
      const next = this.waiting.shift()
      if (next === undefined) break
      this.hand(this.peer, next.part)
      next.resolve?.()
    }
    if (this.ending !== undefined && this.waiting.length === 0) this.finish(this.ending)
  }
}
