/** Messages as AMQP writes them. By hand, since rhea makes an object of each value, which cost more than all the rest. */

import type { Outgoing } from './messages.js'

const code = {
  ...{ described: 0x00, null: 0x40, true: 0x41, false: 0x42, ubyte: 0x50, smallUlong: 0x53, uint: 0x70 },
  ...{ long: 0x81, timestamp: 0x83, binary8: 0xa0, binary32: 0xb0, string8: 0xa1, string32: 0xb1 },
  ...{ symbol8: 0xa3, symbol32: 0xb3, list: 0xd0, map: 0xd1 },
} as const
const section = { header: 0x70, annotations: 0x72, properties: 0x73, application: 0x74, data: 0x75 } as const

/** Of a text that certainly has at most 255 bytes: UTF-8 takes at most three for what counts as one in a string. */
const shortText = 85
/** Bytes before a text or the payload, at most. */
const prefixBytes = 5
/** All that is neither text nor payload, at most. */
const fixedBytes = 128
const delayName = 'x-opt-delivery-delay'

export function encode(message: Outgoing): Buffer {
  const { durable = false, priority, ttl, delayMs, application_properties: texts = {}, body } = message
  const writer = new Writer(boundOf(message))
  writer.compound(section.header, code.list, () => {
    writer.plain(durable ? code.true : code.false)
    writer.ubyte(priority)
    writer.uint(ttl)
    return 3
  })
  if (delayMs !== undefined) {
    writer.compound(section.annotations, code.map, () => {
      writer.text(delayName, code.symbol8, code.symbol32)
      writer.wide(code.long, delayMs)
      return 2
    })
  }
  writer.compound(section.properties, code.list, () => {
    writer.text(message.message_id)
    writer.plain(code.null)
    for (const field of [message.to, message.subject, message.reply_to, message.correlation_id]) {
      writer.text(field)
    }
    writer.text(message.content_type, code.symbol8, code.symbol32)
    writer.plain(code.null)
    writer.wide(code.timestamp, message.absolute_expiry_time)
    writer.wide(code.timestamp, message.creation_time)
    writer.text(message.group_id)
    return 11
  })
  writer.compound(section.application, code.map, () => {
    let count = 0
    for (const name in texts) {
      writer.text(name)
      writer.text(texts[name])
      count += 2
    }
    return count
  })
  writer.payload(body)
  return writer.done()
}

function boundOf(message: Outgoing): number {
  const { application_properties: texts = {}, body } = message
  let bytes = fixedBytes + body.byteLength
  const add = (text: string | undefined): void => {
    if (text !== undefined) bytes += prefixBytes + 3 * text.length
  }
  for (const name in texts) {
    add(name)
    add(texts[name])
  }
  const { message_id, to, subject, reply_to, correlation_id, content_type, group_id } = message
  for (const field of [message_id, to, subject, reply_to, correlation_id, content_type, group_id]) add(field)
  return bytes
}

class Writer {
  private readonly buffer: Buffer
  private at = 0

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafe(bytes)
  }

  done(): Buffer {
    return this.buffer.subarray(0, this.at)
  }

  /** A section that is a list or a map; `fill` gives the number of values it wrote. */
  compound(descriptor: number, type: number, fill: () => number): void {
    this.described(descriptor, type)
    const start = this.at
    this.at += 8
    const count = fill()
    this.buffer.writeUInt32BE(this.at - start - 4, start)
    this.buffer.writeUInt32BE(count, start + 4)
  }

  payload(bytes: Uint8Array): void {
    const { byteLength } = bytes
    this.described(section.data, byteLength > 255 ? code.binary32 : code.binary8)
    this.at =
      byteLength > 255
        ? this.buffer.writeUInt32BE(byteLength, this.at)
        : this.buffer.writeUInt8(byteLength, this.at)
    this.buffer.set(bytes, this.at)
    this.at += byteLength
  }

  /** A type without a value behind it. */
  plain(type: number): void {
    this.buffer[this.at] = type
    this.at += 1
  }

  ubyte(value: number | undefined): void {
    if (value === undefined) {
      this.plain(code.null)
      return
    }
    this.plain(code.ubyte)
    this.at = this.buffer.writeUInt8(value, this.at)
  }

  uint(value: number | undefined): void {
    if (value === undefined) {
      this.plain(code.null)
      return
    }
    this.plain(code.uint)
    this.at = this.buffer.writeUInt32BE(value, this.at)
  }

  /** Eight bytes for a whole number. */
  wide(type: number, value: number | undefined): void {
    if (value === undefined) {
      this.plain(code.null)
      return
    }
    this.plain(type)
    this.at = this.buffer.writeBigInt64BE(BigInt(Math.trunc(value)), this.at)
  }

  text(text: string | undefined, short: number = code.string8, long: number = code.string32): void {
    if (text === undefined) {
      this.plain(code.null)
      return
    }
    const isShort = text.length <= shortText
    this.plain(isShort ? short : long)
    const start = this.at + (isShort ? 1 : 4)
    const bytes = this.buffer.write(text, start)
    if (isShort) this.buffer.writeUInt8(bytes, this.at)
    else this.buffer.writeUInt32BE(bytes, this.at)
    this.at = start + bytes
  }

  private described(descriptor: number, type: number): void {
    this.plain(code.described)
    this.plain(code.smallUlong)
    this.plain(descriptor)
    this.plain(type)
  }
}
