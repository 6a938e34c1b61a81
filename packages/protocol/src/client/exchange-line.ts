/** One exchange as this end sees it: parts under a window of bytes both ways, one ending. */

import {
  BusError,
  type Closed,
  type Exchange,
  type MaybePromise,
  type Part,
  type Peer,
} from 'busbar/transport'
import { readClose, readPart, writeClose, writePart, writeWindow } from '../exchange-frames.js'
import type { FrameReader } from '../frame-reader.js'
import { headerBytes } from '../frames.js'
import type { PairProgress, PartLog } from '../part-log.js'
import { Ring } from './ring.js'
import type { Uplink } from './uplink.js'

/** How a pair ends whose hub does not know it any more, or was away for too long. */
export const pairReset: Closed = Object.freeze({
  code: 'PAIR_RESET',
  message: 'The link of one side was away for too long, or the hub started anew.',
})

/** Parts that may wait for the window; a sender that does not wait is refused beyond. */
const maxWaiting = 1_024

interface Waiting {
  readonly part: Part
  readonly resolve: () => void
  readonly reject: (error: BusError) => void
}

export interface LineHost {
  readonly uplink: Uplink
  /** It is over. */
  forget(line: Line): void
}

/** What is known of an exchange when it begins. */
export interface LineStart {
  /** This side said with the opening that nothing follows from it. */
  readonly saidEnd: boolean
  readonly heardEnd: boolean
  /** Of the caller that opened it. */
  readonly signal: AbortSignal | undefined
  /** By the monotonic clock. */
  readonly deadline: number
  /** Told when it is over. */
  readonly owner: { finished(): void } | undefined
  /** Of a pair that outlives its connection. */
  readonly log: PartLog | undefined
  /** Says OPEN once more to a hub that never got it; gives why that cannot be. */
  readonly reopen: (() => Closed | undefined) | undefined
}

export class Line implements Exchange {
  isOver = false
  /** Its connection is gone: nothing is sent until both ends have said how far they came. */
  isAdrift = false
  private saidEnd: boolean
  private heardEnd: boolean
  private readonly windowBytes: number
  private sendBytes: number
  private owedBytes = 0
  private waiting: Ring<Waiting> | undefined
  private peer: Peer | undefined
  private ending: Closed | undefined
  /** The good end that follows what still waits for the window. */
  private leaving: Closed | undefined
  /** Of a pair: what CLOSE says, until the hub has said CLOSE too. */
  private closing: Closed | undefined

  constructor(
    readonly id: number,
    private readonly host: LineHost,
    readonly start: LineStart,
  ) {
    this.saidEnd = start.saidEnd
    this.heardEnd = start.heardEnd
    this.windowBytes = host.uplink.welcome?.exchangeWindowBytes ?? 0
    this.sendBytes = this.windowBytes
  }

  get isKept(): boolean {
    return this.start.log !== undefined
  }

  /** Gives this side its ear. Nothing comes before, except an end that this side brought about itself. */
  attach(peer: Peer): void {
    this.peer = peer
    if (this.ending !== undefined) peer.closed(this.ending)
  }

  send(part: Part): MaybePromise<void> {
    if (this.isOver || this.saidEnd || this.leaving !== undefined) return Promise.reject(refusal(this.ending))
    if (this.sendBytes > 0 && this.waiting === undefined && !this.isAdrift) return this.write(part)
    this.waiting ??= new Ring()
    if (this.waiting.length >= maxWaiting) {
      const text = `${maxWaiting} parts wait for the other side of this exchange.`
      return Promise.reject(new BusError('QUEUE_FULL', text, { outcome: 'rejected' }))
    }
    if (part.end === true) this.saidEnd = true
    const { waiting } = this
    return new Promise((resolve, reject) => waiting.push({ part, resolve, reject }))
  }

  close(reason: Closed): void {
    if (this.isOver) return
    if (reason.code === 'DONE' && this.waiting !== undefined) {
      this.leaving = reason
      return
    }
    this.closing = reason
    if (reason.code !== 'DONE') this.start.log?.giveUp()
    if (!this.isAdrift) this.sayClose(reason)
    this.end(reason)
    if (!this.isKept) this.host.forget(this)
  }

  onPart(body: FrameReader, flags: number): void {
    const bytes = body.left + headerBytes + 4
    const part = readPart(body, flags)
    if (this.isOver) return
    this.start.log?.heard(bytes)
    const taken = this.peer?.part(part)
    if (part.end === true) {
      this.heardEnd = true
      this.checkDone()
    } else if (taken instanceof Promise) {
      const free = (): void => this.give(bytes)
      taken.then(free, free)
    } else this.give(bytes)
  }

  onWindow(bytes: number): void {
    this.sendBytes += bytes
    this.start.log?.freed(bytes)
    this.pump()
  }

  /** Each side of a pair keeps what it has said until it hears CLOSE, so CLOSE is answered by CLOSE. */
  onClose(body: FrameReader): void {
    const reason = readClose(body)
    if (this.isKept && this.closing === undefined) this.sayClose({ code: 'DONE' })
    this.finish(reason)
  }

  /** Both ends have said how far they came: what the hub lacks is sent again, then what waits. */
  resume(progress: PairProgress): void {
    const { log } = this.start
    const { out } = this.host.uplink
    if (log === undefined || out === undefined) return
    this.isAdrift = false
    for (const part of log.missing(progress)) writePart(out, this.id, part)
    this.sendBytes = this.windowBytes - log.outstandingBytes
    this.host.uplink.flush()
    if (this.closing !== undefined) this.sayClose(this.closing)
    else {
      this.giveBack(log)
      this.pump()
    }
  }

  /** The hub does not know it: it has heard the end, or never of the beginning. */
  missed(): void {
    const { log, reopen } = this.start
    const mayBegin = this.closing === undefined && log?.isFresh === true && reopen !== undefined
    const problem = mayBegin ? reopen() : pairReset
    if (problem === undefined) this.resume({ exchangeId: this.id, heardBytes: 0, takenBytes: 0 })
    else this.finish(problem)
  }

  /** Ends it on this side only. */
  finish(reason: Closed): void {
    this.end(reason)
    this.host.forget(this)
  }

  private pump(): void {
    const { waiting } = this
    if (waiting === undefined) return
    while (this.sendBytes > 0 && !this.isOver) {
      const next = waiting.shift()
      if (next === undefined) break
      const failed = this.write(next.part)
      if (failed === undefined) next.resolve()
      else failed.then(next.resolve, next.reject)
    }
    if (waiting.length > 0) return
    this.waiting = undefined
    this.checkDone()
    if (this.leaving !== undefined) this.close(this.leaving)
  }

  private end(reason: Closed): void {
    if (this.isOver) return
    this.isOver = true
    this.ending = reason
    this.start.owner?.finished()
    const waiting = this.waiting?.takeAll()
    this.waiting = undefined
    if (waiting !== undefined) for (const { reject } of waiting) reject(refusal(reason))
    this.peer?.closed(reason)
  }

  private write(part: Part): Promise<void> | undefined {
    const { out } = this.host.uplink
    if (out === undefined) return Promise.reject(refusal(this.ending))
    try {
      const bytes = writePart(out, this.id, part)
      this.sendBytes -= bytes
      this.start.log?.wrote(part, bytes)
    } catch (error) {
      // An end that could not be said may be said again.
      if (part.end === true) this.saidEnd = false
      return Promise.reject(error)
    }
    this.host.uplink.flush()
    if (part.end === true) {
      this.saidEnd = true
      this.checkDone()
    }
    return undefined
  }

  private sayClose(reason: Closed): void {
    const { out } = this.host.uplink
    if (out === undefined) return
    writeClose(out, this.id, reason)
    this.host.uplink.flush()
  }

  private give(bytes: number): void {
    const { log } = this.start
    if (log !== undefined) {
      log.took(bytes)
      this.giveBack(log)
      return
    }
    this.owedBytes += bytes
    if (this.isOver || this.heardEnd || this.owedBytes * 2 < this.windowBytes) return
    const { out } = this.host.uplink
    if (out === undefined) return
    writeWindow(out, this.id, this.owedBytes)
    this.owedBytes = 0
    this.host.uplink.flush()
  }

  private giveBack(log: PartLog): void {
    const { out } = this.host.uplink
    const { dueBytes } = log
    if (dueBytes === 0 || this.isOver || this.heardEnd || this.isAdrift || out === undefined) return
    writeWindow(out, this.id, dueBytes)
    log.told()
    this.host.uplink.flush()
  }

  private checkDone(): void {
    if (!this.saidEnd || !this.heardEnd || this.waiting !== undefined) return
    if (this.isKept) this.close({ code: 'DONE' })
    else this.finish({ code: 'DONE' })
  }
}

function refusal(reason: Closed | undefined): BusError {
  return reason === undefined || reason.code === 'DONE'
    ? new BusError('CLOSED', 'Nothing can be sent on an exchange that has ended.')
    : new BusError(reason.code, reason.message ?? 'The exchange has ended, nothing more can be sent on it.')
}
