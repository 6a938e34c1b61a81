/** A publish as the server reads it: one block of bytes, made once and written to each connection that needs it. */

import type { NatsConnection } from '@nats-io/transport-node'
import { type Body, BusError } from 'busbar/transport'
import { sendError } from './errors.js'
import type { HeaderWriter } from './header-block.js'
import { type HeaderRecord, toNats } from './wire-headers.js'

export type Payload = string | Uint8Array

/** What is cheapest to send of a body. */
export const payloadOf = (body: Body): Payload => body.text?.() ?? body.bytes()

type Connection = Pick<NatsConnection, 'publish' | 'isClosed' | 'info'>

/** Where the client (nats-core 3.4) puts the four parts of a publish, each encoded by itself, which takes longer than all else. */
interface Inner {
  readonly protocol?: { sendCommand?(command: Uint8Array): void }
}

const blank = /\s/
const lineEnd = Buffer.from('\r\n')

/** Text of so many bytes; as many as characters when all are ASCII, which is written several times faster. */
function put(block: Buffer, text: string, at: number, bytes: number): void {
  block.write(text, at, bytes === text.length ? 'latin1' : 'utf8')
}

export class Publication {
  private readonly block: Uint8Array
  /** Of headers and payload, as the server counts. */
  private readonly size: number
  private readonly payloadSize: number

  /** `writer` knows what publications of its like have in common. INVALID_TOPIC, INVALID_OPTION for what would break the line it stands on. */
  constructor(
    writer: HeaderWriter,
    readonly subject: string,
    private readonly headers: HeaderRecord,
    payload: Payload,
    private readonly reply = '',
  ) {
    if (subject === '' || blank.test(subject) || blank.test(reply)) {
      const what = JSON.stringify(subject === '' || blank.test(subject) ? subject : reply)
      throw new BusError('INVALID_TOPIC', `${what} is no subject.`, { outcome: 'rejected' })
    }
    const head = writer.write(headers)
    this.payloadSize = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength
    this.size = head.bytes + this.payloadSize
    const answer = reply === '' ? '' : `${reply} `
    const line = `HPUB ${subject} ${answer}${head.bytes} ${this.size}\r\n`
    const payloadAt = Buffer.byteLength(line) + head.bytes
    const block = Buffer.allocUnsafe(payloadAt + this.payloadSize + lineEnd.byteLength)
    put(block, line + head.text, 0, payloadAt)
    if (typeof payload === 'string') put(block, payload, payloadAt, this.payloadSize)
    else block.set(payload, payloadAt)
    block.set(lineEnd, payloadAt + this.payloadSize)
    this.block = block
  }

  /** TOO_LARGE when the server takes no such thing; throws what the client throws when its connection has ended. */
  send(nc: Connection): void {
    if (this.size > (nc.info?.max_payload ?? Number.POSITIVE_INFINITY)) throw sendError(undefined)
    const { protocol }: Inner = nc as Connection & Inner
    if (typeof protocol?.sendCommand === 'function' && !nc.isClosed()) {
      protocol.sendCommand(this.block)
      return
    }
    const payloadAt = this.block.byteLength - lineEnd.byteLength - this.payloadSize
    const payload = this.block.subarray(payloadAt, payloadAt + this.payloadSize)
    nc.publish(this.subject, payload, {
      headers: toNats(this.headers),
      ...(this.reply !== '' && { reply: this.reply }),
    })
  }
}
