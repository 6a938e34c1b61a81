/** Publishes as the frames of AMQP 0-9-1: the client makes three buffers of each, and looks at each header twice. */

import { BusError } from 'busbar/transport'
import type { Envelope } from 'rabbitmq-client'

/** What the client takes, with headers of text only. */
export type Sending = Envelope & { readonly headers: Record<string, string> }

const kind = { method: 1, header: 2, body: 3 } as const
const frameEnd = 0xce
/** Kind, channel and size before a frame, and its end. */
const frameBytes = 8
const basicPublish = 0x003c_0028
const basicClass = 0x003c_0000
const longString = 0x53
const maxShortBytes = 255

/** The properties that are used, in the order of the protocol. */
const flag = {
  ...{
    contentType: 0x8000,
    contentEncoding: 0x4000,
    headers: 0x2000,
    deliveryMode: 0x1000,
    priority: 0x0800,
  },
  ...{ correlationId: 0x0400, replyTo: 0x0200, expiration: 0x0100, messageId: 0x0080, timestamp: 0x0040 },
} as const

/** All that is neither text nor payload, at most. */
const fixedBytes = 128
/** Before a text, at most. */
const prefixBytes = 5
/** UTF-8 takes at most three bytes for what counts as one in a string. */
const charBytes = 3
/** So much memory is taken at once. */
const slabBytes = 65_536
/** A payload up to this is copied beside its frames; a larger one is written from where it is. */
const copiedBytes = 4_096

/** Collects publishes for one channel, in as few pieces as their payloads allow. */
export class FrameWriter {
  private slab = Buffer.alloc(0)
  private begun = 0
  private at = 0
  private pieces: Uint8Array[] = []

  constructor(
    private readonly channelId: number,
    private readonly maxFrameBytes: number,
  ) {}

  /** What was added since the last call. */
  take(): readonly Uint8Array[] {
    this.cut()
    const { pieces } = this
    this.pieces = []
    return pieces
  }

  /** TOO_LARGE for headers that fit into no frame; nothing of the publish is written then. */
  add(sending: Sending, body: Uint8Array): void {
    const most = this.maxFrameBytes - frameBytes
    const frames = Math.ceil(body.byteLength / most)
    this.reserve(boundOf(sending) + frames * (frameBytes + copiedBytes))
    const start = this.at
    this.method(sending)
    const headerAt = this.at
    this.properties(sending, body.byteLength)
    const bytes = this.at - headerAt
    if (bytes > this.maxFrameBytes) {
      this.at = start
      const text = `Headers of ${bytes} bytes do not fit into a frame of RabbitMQ, which has ${this.maxFrameBytes}.`
      throw new BusError('TOO_LARGE', text, { outcome: 'rejected' })
    }
    if (frames === 1) this.content(body)
    else for (let at = 0; at < body.byteLength; at += most) this.content(body.subarray(at, at + most))
  }

  private method({ exchange = '', routingKey = '', mandatory = false }: Sending): void {
    const start = this.open(kind.method)
    this.uint32(basicPublish)
    this.byte(0)
    this.byte(0)
    this.short(exchange)
    this.short(routingKey)
    this.byte(mandatory ? 1 : 0)
    this.close(start)
  }

  private properties(sending: Sending, bodyBytes: number): void {
    const start = this.open(kind.header)
    this.uint32(basicClass)
    this.uint64(bodyBytes)
    const flagsAt = this.at
    this.at += 2
    const { headers, durable, priority, timestamp } = sending
    let flags = flag.headers | flag.deliveryMode
    flags |= this.property(flag.contentType, sending.contentType)
    flags |= this.property(flag.contentEncoding, sending.contentEncoding)
    this.table(headers)
    this.byte(durable === true ? 2 : 1)
    if (priority !== undefined) {
      flags |= flag.priority
      this.byte(priority)
    }
    flags |= this.property(flag.correlationId, sending.correlationId)
    flags |= this.property(flag.replyTo, sending.replyTo)
    flags |= this.property(flag.expiration, sending.expiration)
    flags |= this.property(flag.messageId, sending.messageId)
    if (timestamp !== undefined) {
      flags |= flag.timestamp
      this.uint64(timestamp)
    }
    this.slab.writeUInt16BE(flags, flagsAt)
    this.close(start)
  }

  private content(part: Uint8Array): void {
    const start = this.open(kind.body)
    if (part.byteLength <= copiedBytes) {
      this.slab.set(part, this.at)
      this.at += part.byteLength
      this.close(start)
      return
    }
    this.slab.writeUInt32BE(part.byteLength, start - 4)
    this.cut()
    this.pieces.push(part)
    this.byte(frameEnd)
  }

  /** Gives where the payload of the frame begins; its size is known at the end. */
  private open(frame: number): number {
    this.byte(frame)
    this.byte(this.channelId >>> 8)
    this.byte(this.channelId & 0xff)
    this.at += 4
    return this.at
  }

  private close(start: number): void {
    this.slab.writeUInt32BE(this.at - start, start - 4)
    this.byte(frameEnd)
  }

  private property(bit: number, value: string | undefined): number {
    if (value === undefined) return 0
    this.short(value)
    return bit
  }

  private table(headers: Readonly<Record<string, string>>): void {
    const start = this.at
    this.at += 4
    for (const name in headers) {
      this.short(name)
      this.byte(longString)
      const textAt = this.at + 4
      this.at = textAt
      this.text(headers[name] ?? '')
      this.slab.writeUInt32BE(this.at - textAt, textAt - 4)
    }
    this.slab.writeUInt32BE(this.at - start - 4, start)
  }

  /** What is longer is cut, as the client does: only names of foreign programs are. */
  private short(value: string): void {
    const start = this.at
    this.at += 1
    if (value.length * charBytes <= maxShortBytes) this.text(value)
    else this.at += this.slab.write(value, this.at, maxShortBytes)
    this.slab[start] = this.at - start - 1
  }

  /** Texts are short and of one byte for each character, almost always: a call of Buffer's would take longer. */
  private text(value: string): void {
    const { slab, at } = this
    for (let index = 0; index < value.length; index += 1) {
      const char = value.charCodeAt(index)
      if (char > 0x7f) {
        this.at = at + slab.write(value, at)
        return
      }
      slab[at + index] = char
    }
    this.at = at + value.length
  }

  private byte(value: number): void {
    this.slab[this.at] = value
    this.at += 1
  }

  private uint32(value: number): void {
    this.at = this.slab.writeUInt32BE(value, this.at)
  }

  /** For whole numbers that are exact. */
  private uint64(value: number): void {
    this.uint32(Math.floor(value / 2 ** 32))
    this.uint32(value >>> 0)
  }

  private cut(): void {
    if (this.at === this.begun) return
    this.pieces.push(this.slab.subarray(this.begun, this.at))
    this.begun = this.at
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.slab.byteLength) return
    this.cut()
    this.slab = Buffer.allocUnsafe(Math.max(slabBytes, bytes))
    this.begun = 0
    this.at = 0
  }
}

function boundOf(sending: Sending): number {
  const { headers } = sending
  let chars = lengthOf(sending.exchange) + lengthOf(sending.routingKey)
  chars += lengthOf(sending.contentType) + lengthOf(sending.contentEncoding)
  chars += lengthOf(sending.correlationId) + lengthOf(sending.replyTo)
  chars += lengthOf(sending.expiration) + lengthOf(sending.messageId)
  let bytes = fixedBytes
  for (const name in headers) {
    chars += name.length + lengthOf(headers[name])
    bytes += 2 * prefixBytes
  }
  return bytes + chars * charBytes
}

const lengthOf = (text: string | undefined): number => text?.length ?? 0
