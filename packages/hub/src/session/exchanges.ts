/** The exchanges of one session, by number; its pairs outlive a connection, with those who accepted them. */

import {
  type FrameReader,
  IdTable,
  type PairProgress,
  readResume,
  resumeFlag,
  writeResume,
} from '@busbar/protocol'
import type { AcceptRequest, EngineAcceptor } from 'busbar/transport'
import type { ExchangeEnd } from './exchange-end.js'
import type { Outbox } from './outbox.js'

/** An acceptor whose connection is gone: it is offered nothing until it is back. */
export interface StoppedAcceptor {
  readonly engine: EngineAcceptor
  readonly request: AcceptRequest
}

/** Odd numbers are exchanges that the client opened, even ones those that the hub offered to it. */
export class Exchanges {
  readonly ends = new IdTable<ExchangeEnd>()
  /** By the number that the client gave them. */
  readonly stopped = new Map<number, StoppedAcceptor>()
  /** How many of the exchanges the client opened. */
  opened = 0
  /** Of the connection that has them now. */
  outbox: Outbox | undefined
  /** The client knows how to go on with pairs, and may come back. */
  keepsPairs = false
  /** How far the client has come, as far as it was told. */
  private told = new Map<number, PairProgress>()
  private lastOffer = 0

  nextOffer(): number {
    do this.lastOffer = (this.lastOffer + 2) % 0xffff_fffe
    while (this.ends.has(this.lastOffer))
    return this.lastOffer
  }

  /** A connection has them from now on. Its pairs wait until the client has said how far they came. */
  join(outbox: Outbox, keepsPairs: boolean): void {
    this.outbox = outbox
    this.keepsPairs = keepsPairs
    if (!keepsPairs) this.reset()
  }

  /** RESUME: what one end lacks is sent again by the other. */
  onResume(body: FrameReader, flags: number): void {
    const { outbox, told } = this
    for (const pair of readResume(body)) {
      if (this.ends.get(pair.exchangeId)?.isAdrift) told.set(pair.exchangeId, pair)
    }
    if (outbox === undefined || (flags & resumeFlag.last) === 0) return
    this.told = new Map()
    const adrift = this.adrift()
    const both = adrift.filter(({ id }) => told.has(id))
    writeResume(
      outbox.frames,
      both.flatMap((end) => end.progress() ?? []),
    )
    for (const end of adrift) {
      // What is sent again may be more than this connection takes.
      if (this.outbox === undefined) return
      const progress = told.get(end.id)
      if (progress === undefined) end.missed()
      else end.resume(progress)
    }
    outbox.written()
  }

  /**
   * The connection is gone. What the client opened ends, what was offered to it ends with its acceptor; pairs wait
   * if the client may come back.
   */
  leave(mayReturn: boolean): void {
    if (!mayReturn) this.keepsPairs = false
    this.told.clear()
    for (const end of this.ends.all()) {
      if (end.isKept && mayReturn) end.isAdrift = true
      else if (end.opener || end.isKept) end.abandon()
    }
    this.outbox = undefined
  }

  /** The client did not come back in time, or cannot go on with its pairs: both sides hear so. */
  reset(): void {
    for (const end of this.adrift()) end.reset()
    this.stopped.clear()
  }

  private adrift(): ExchangeEnd[] {
    return this.ends.all().filter((end) => end.isAdrift)
  }
}
