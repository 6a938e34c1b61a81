/** The hub's end of one exchange with one client: parts go through windows of bytes, in order. */

import {
  detachPart,
  type FrameWriter,
  headerBytes,
  type PairProgress,
  PartLog,
  protocolError,
  writeClose,
  writePart,
  writeWindow,
} from '@busbar/protocol'
import type { Channel, Closed, Exchange, MaybePromise, Part, Peer } from 'busbar/transport'
import type { Limits } from '../limits.js'
import type { Connection } from './connection.js'
import type { Exchanges } from './exchanges.js'

const pairReset: Closed = Object.freeze({
  code: 'PAIR_RESET',
  message: 'The link of the other side was away for too long.',
})

interface Held {
  readonly part: Part
  readonly taken: () => void
}

export class ExchangeEnd implements Peer {
  /** Its connection is gone: nothing is sent until both ends have said how far they came. */
  isAdrift = false
  private readonly exchanges: Exchanges
  private readonly limits: Limits
  /** The connection itself is not kept, it may be the first of many. */
  private readonly settled: () => void
  /** Of a pair that outlives its connection. */
  private readonly log: PartLog | undefined
  /** Writes the offer once more for a client that never got it. */
  private offer: ((frames: FrameWriter) => void) | undefined
  private exchange: Exchange | undefined
  /** Bytes that may be sent to the client; one part may exceed what is left. */
  private room: number
  /** Bytes that the client may still send. */
  private allowance: number
  /** Bytes that came from the client, were taken, and not given back yet. */
  private owed = 0
  private held: Held[] = []
  /** Settles when the engine has taken the parts that came so far; undefined when it has. */
  private passing: Promise<void> | undefined
  /** The good end that waits until the client has room for what was said before it. */
  private ending: Closed | undefined
  /** Of a pair: what CLOSE says, until the client has said CLOSE too. */
  private closing: Closed | undefined
  private over = false
  /** Nothing more goes to the client, nothing more comes from it: a request says its own end when it is opened. */
  private saidEnd: boolean
  private heardEnd: boolean

  constructor(
    connection: Connection,
    readonly id: number,
    private readonly channel: Channel,
    /** The client opened it. */
    readonly opener: boolean,
  ) {
    this.exchanges = connection.exchanges
    this.limits = connection.core.limits
    this.settled = connection.settled
    this.room = this.allowance = this.limits.exchangeWindowBytes
    const isRequest = channel.kind === 'request'
    this.saidEnd = isRequest && !opener
    this.heardEnd = isRequest && opener
    this.log = channel.kind === 'pair' && this.exchanges.keepsPairs ? new PartLog(this.room) : undefined
    this.exchanges.ends.set(id, this)
    if (opener) this.exchanges.opened += 1
  }

  get isKept(): boolean {
    return this.log !== undefined
  }

  attach(exchange: Exchange, offer?: (frames: FrameWriter) => void): void {
    this.exchange = exchange
    this.offer = offer
  }

  /** From the engine, for the client. */
  part(part: Part): MaybePromise<void> {
    if (this.over || this.closing !== undefined) return
    if (this.held.length === 0 && this.room > 0 && !this.isAdrift) return this.write(part)
    return new Promise((taken) => this.held.push({ part, taken }))
  }

  /** From the engine: the exchange has ended. */
  closed(reason: Closed): void {
    if (this.over || this.closing !== undefined) return
    if (reason.code === 'DONE' && this.held.length > 0) {
      this.ending = reason
      return
    }
    if (this.log !== undefined) {
      this.closing = reason
      if (reason.code !== 'DONE') this.log.giveUp()
      this.dropHeld()
      if (!this.isAdrift) this.sayClose(reason)
      return
    }
    this.forget()
    // When both have said `end`, the client knows.
    if (reason.code === 'DONE' && this.saidEnd && this.heardEnd) return
    this.sayClose(reason)
  }

  /** From the client, for the engine. `bytes` is the size of the frame without its header. */
  heard(part: Part, bytes: number): void {
    const { exchange } = this
    if (exchange === undefined || this.closing !== undefined) return
    if (this.allowance <= 0) throw protocolError('A part exceeds the window of its exchange')
    const size = bytes + headerBytes
    this.allowance -= size
    this.log?.heard(size)
    if (part.end === true) this.heardEnd = true
    if (part.body.size > Math.min(this.channel.guarantees.maxBytes, this.limits.maxMessageBytes)) {
      const message = `A part of an exchange on ${this.channel.name} has ${part.body.size} bytes.`
      exchange.close({ code: 'TOO_LARGE', message })
      return
    }
    // One at a time waits there: the engine refuses what comes while too many do, and the window is the client's limit.
    const taken =
      this.passing === undefined ? exchange.send(part) : this.passing.then(() => exchange.send(part))
    if (taken === undefined) {
      this.giveBack(size)
      return
    }
    const passing = taken.then(() => {
      this.giveBack(size)
      if (this.passing === passing) this.passing = undefined
    })
    // A rejection means that the exchange has ended, which `closed` tells.
    passing.catch(() => {})
    this.passing = passing
  }

  /** The client ended it. */
  hungUp(reason: Closed): void {
    if (this.over) return
    // A client keeps what it said in a pair until it hears CLOSE.
    if (this.log !== undefined && this.closing === undefined) this.sayClose({ code: 'DONE' })
    this.end(reason)
  }

  private end(reason: Closed): void {
    this.forget()
    const close = (): void => this.exchange?.close(reason)
    // A good end follows what was said before it.
    if (reason.code === 'DONE' && this.passing !== undefined) this.passing.then(close, close)
    else close()
  }

  widen(bytes: number): void {
    this.room = Math.min(this.room + bytes, 0xffff_ffff)
    this.log?.freed(bytes)
    this.pump()
  }

  /** How far it has come; undefined unless it outlives connections. */
  progress(): PairProgress | undefined {
    return this.log?.progress(this.id)
  }

  /** Both ends have said how far they came: what the client lacks is sent again, then what waits. */
  resume(progress: PairProgress): void {
    const { log, exchanges } = this
    const { outbox } = exchanges
    if (log === undefined || outbox === undefined) return
    this.isAdrift = false
    for (const part of log.missing(progress)) writePart(outbox.frames, this.id, part)
    outbox.written()
    const { exchangeWindowBytes } = this.limits
    this.room = exchangeWindowBytes - log.outstandingBytes
    this.allowance = exchangeWindowBytes - log.unreturnedBytes
    if (this.closing !== undefined) this.sayClose(this.closing)
    else this.pump()
  }

  /** The client does not know it: it has heard the end, or never of the offer. */
  missed(): void {
    const { offer, log } = this
    const { outbox } = this.exchanges
    if (this.closing !== undefined) this.forget()
    else if (offer !== undefined && log?.isFresh === true && outbox !== undefined) {
      offer(outbox.frames)
      this.resume({ exchangeId: this.id, heardBytes: 0, takenBytes: 0 })
    } else this.reset()
  }

  /** The client did not come back: the other side is told. */
  reset(): void {
    if (!this.over) this.end(pairReset)
  }

  private pump(): void {
    let sent = 0
    for (const { part, taken } of this.held) {
      if (this.room <= 0 || this.isAdrift) break
      this.write(part)
      taken()
      sent += 1
    }
    this.held.splice(0, sent)
    if (this.ending !== undefined && this.held.length === 0) this.closed(this.ending)
  }

  /** The client is gone. */
  abandon(): void {
    const code = this.channel.kind === 'pair' ? 'PEER_GONE' : 'CANCELLED'
    if (!this.over) this.end({ code, message: 'The connection of the other side broke.' })
  }

  private write(part: Part): void {
    const { outbox } = this.exchanges
    if (outbox === undefined) return
    const bytes = writePart(outbox.frames, this.id, part)
    this.room -= bytes
    this.log?.wrote(detachPart(part), bytes)
    if (part.end === true) this.saidEnd = true
    outbox.written()
  }

  private sayClose(reason: Closed): void {
    const { outbox } = this.exchanges
    if (outbox === undefined) return
    writeClose(outbox.frames, this.id, reason)
    outbox.written()
  }

  private giveBack(bytes: number): void {
    const { log, exchanges } = this
    if (log !== undefined) log.took(bytes)
    else this.owed += bytes
    const { outbox } = exchanges
    if (this.over || this.isAdrift || outbox === undefined) return
    // Many small parts are answered by one frame, and short exchanges by none.
    const enough = this.limits.exchangeWindowBytes / 2
    const due = log !== undefined ? log.dueBytes : this.owed < enough ? 0 : this.owed
    if (due === 0) return
    this.allowance += due
    writeWindow(outbox.frames, this.id, due)
    outbox.written()
    log?.told()
    this.owed = 0
  }

  private forget(): void {
    this.over = true
    this.isAdrift = false
    this.exchanges.ends.delete(this.id)
    if (this.opener) this.exchanges.opened -= 1
    this.dropHeld()
    this.settled()
  }

  private dropHeld(): void {
    for (const { taken } of this.held.splice(0)) taken()
  }
}
