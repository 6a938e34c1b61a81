/** The hub's end of one exchange with one client: parts go through windows of bytes, in order. */

import { headerBytes, protocolError, writeClose, writePart, writeWindow } from '@busbar/protocol'
import type { Channel, Closed, Exchange, MaybePromise, Part, Peer } from 'busbar/transport'
import type { Connection } from './connection.js'

interface Held {
  readonly part: Part
  readonly taken: () => void
}

export class ExchangeEnd implements Peer {
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
  private over = false
  /** Nothing more goes to the client, nothing more comes from it: a request says its own end when it is opened. */
  private saidEnd: boolean
  private heardEnd: boolean

  constructor(
    private readonly connection: Connection,
    private readonly id: number,
    private readonly channel: Channel,
    /** The client opened it. */
    readonly opener: boolean,
  ) {
    this.room = this.allowance = connection.core.limits.exchangeWindowBytes
    const isRequest = channel.kind === 'request'
    this.saidEnd = isRequest && !opener
    this.heardEnd = isRequest && opener
    connection.exchanges.ends.set(id, this)
    if (opener) connection.exchanges.opened += 1
  }

  attach(exchange: Exchange): void {
    this.exchange = exchange
  }

  /** From the engine, for the client. */
  part(part: Part): MaybePromise<void> {
    if (this.over) return
    if (this.held.length === 0 && this.room > 0) return this.write(part)
    return new Promise((taken) => this.held.push({ part, taken }))
  }

  /** From the engine: the exchange has ended. */
  closed(reason: Closed): void {
    if (this.over) return
    if (reason.code === 'DONE' && this.held.length > 0) {
      this.ending = reason
      return
    }
    this.forget()
    // When both have said `end`, the client knows.
    if (reason.code === 'DONE' && this.saidEnd && this.heardEnd) return
    writeClose(this.connection.outbox.frames, this.id, reason)
    this.connection.outbox.written()
  }

  /** From the client, for the engine. `bytes` is the size of the frame without its header. */
  heard(part: Part, bytes: number): void {
    const { exchange } = this
    if (exchange === undefined) return
    if (this.allowance <= 0) throw protocolError('A part exceeds the window of its exchange')
    const size = bytes + headerBytes
    this.allowance -= size
    if (part.end === true) this.heardEnd = true
    if (
      part.body.size > Math.min(this.channel.guarantees.maxBytes, this.connection.core.limits.maxMessageBytes)
    ) {
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
    this.forget()
    const close = (): void => this.exchange?.close(reason)
    // A good end follows what was said before it.
    if (reason.code === 'DONE' && this.passing !== undefined) this.passing.then(close, close)
    else close()
  }

  widen(bytes: number): void {
    this.room = Math.min(this.room + bytes, 0xffff_ffff)
    let sent = 0
    for (const { part, taken } of this.held) {
      if (this.room <= 0) break
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
    this.hungUp({ code, message: 'The connection of the other side broke.' })
  }

  private write(part: Part): void {
    const { outbox } = this.connection
    this.room -= writePart(outbox.frames, this.id, part)
    if (part.end === true) this.saidEnd = true
    outbox.written()
  }

  private giveBack(bytes: number): void {
    this.owed += bytes
    // Many small parts are answered by one frame, and short exchanges by none.
    if (this.over || this.owed < this.connection.core.limits.exchangeWindowBytes / 2) return
    this.allowance += this.owed
    writeWindow(this.connection.outbox.frames, this.id, this.owed)
    this.connection.outbox.written()
    this.owed = 0
  }

  private forget(): void {
    this.over = true
    const { exchanges } = this.connection
    exchanges.ends.delete(this.id)
    if (this.opener) exchanges.opened -= 1
    for (const { taken } of this.held.splice(0)) taken()
    this.connection.settled()
  }
}
