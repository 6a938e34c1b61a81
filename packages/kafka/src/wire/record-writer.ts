/** Records as the bytes of one batch. The library would make some twenty buffers of each record. */

import { crc32c } from '@platformatic/kafka'
import { at, headBytes, lengthEnd } from './batch-layout.js'

/** What a record carries, before it has a place. */
export interface Payload {
  readonly key: Buffer | undefined
  /** Text goes as UTF-8; null is what Kafka calls a tombstone. */
  readonly value: Buffer | string | null
  readonly headers: Readonly<Record<string, string>>
}

export interface BatchHead {
  /** Of all records, wall time in ms. */
  readonly time: number
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly firstSequence: number
}

const magic = 2
/** Framing of a record, at most, and of each of its headers. */
const overhead = { record: 128, header: 8 }
const longestVarint = 5

/** What a record takes in a batch, at most. */
export function sizeOf({ key, value, headers }: Payload): number {
  let bytes = overhead.record + (key?.byteLength ?? 0)
  if (value !== null) bytes += typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength
  for (const name in headers) bytes += lengthOf(name) + lengthOf(headers[name] ?? '') + overhead.header
  return bytes
}

/** Headers are short and of one byte for each character, almost always: a call of Buffer's would take longer. */
function lengthOf(text: string): number {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return Buffer.byteLength(text)
  }
  return text.length
}

/** `room` is the sum of `sizeOf` of the records, or more. */
export function writeBatch(records: readonly Payload[], room: number, head: BatchHead): Buffer {
  const writer = new Writer(Buffer.allocUnsafe(headBytes + room), headBytes)
  for (const [index, record] of records.entries()) writer.record(record, index)
  const { bytes, at: end } = writer
  const time = BigInt(head.time)
  bytes.writeBigInt64BE(0n, at.firstOffset)
  bytes.writeInt32BE(end - lengthEnd, at.length)
  bytes.writeInt32BE(0, at.leaderEpoch)
  bytes.writeInt8(magic, at.magic)
  bytes.writeInt16BE(0, at.attributes)
  bytes.writeInt32BE(records.length - 1, at.lastDelta)
  bytes.writeBigInt64BE(time, at.firstTime)
  bytes.writeBigInt64BE(time, at.maxTime)
  bytes.writeBigInt64BE(head.producerId, at.producerId)
  bytes.writeInt16BE(head.producerEpoch, at.producerEpoch)
  bytes.writeInt32BE(head.firstSequence, at.firstSequence)
  bytes.writeInt32BE(records.length, at.count)
  bytes.writeUInt32BE(crc32c(bytes.subarray(at.attributes, end)), at.checksum)
  return bytes.subarray(0, end)
}

class Writer {
  constructor(
    readonly bytes: Buffer,
    public at: number,
  ) {}

  record({ key, value, headers }: Payload, offsetDelta: number): void {
    const start = this.at
    // Its length comes first and is known last.
    this.at += longestVarint
    this.varint(0)
    this.varint(0)
    this.varint(offsetDelta)
    this.data(key)
    this.data(value)
    const names = Object.keys(headers)
    this.varint(names.length)
    for (const name of names) {
      this.text(name)
      this.text(headers[name] ?? '')
    }
    const [from, end] = [start + longestVarint, this.at]
    this.at = start
    this.varint(end - from)
    this.bytes.copyWithin(this.at, from, end)
    this.at += end - from
  }

  private data(value: Buffer | string | null | undefined): void {
    if (value === null || value === undefined) this.varint(-1)
    else if (typeof value === 'string') this.long(value)
    else {
      this.varint(value.byteLength)
      this.bytes.set(value, this.at)
      this.at += value.byteLength
    }
  }

  /** The length comes first, and is known for sure only when the text is written. */
  private long(text: string): void {
    const start = this.at
    this.varint(text.length)
    const length = this.bytes.write(text, this.at)
    if (length !== text.length) {
      this.at = start
      this.varint(length)
      this.bytes.write(text, this.at)
    }
    this.at += length
  }

  /** As `lengthOf`. */
  private text(text: string): void {
    const start = this.at
    this.varint(text.length)
    for (let index = 0; index < text.length; index += 1) {
      const char = text.charCodeAt(index)
      if (char > 0x7f) {
        this.at = start
        this.varint(Buffer.byteLength(text))
        this.at += this.bytes.write(text, this.at)
        return
      }
      this.bytes[this.at + index] = char
    }
    this.at += text.length
  }

  /** Zigzag, for whole numbers of 31 bits. */
  private varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    while (rest > 0x7f) {
      this.bytes[this.at] = (rest & 0x7f) | 0x80
      this.at += 1
      rest >>>= 7
    }
    this.bytes[this.at] = rest
    this.at += 1
  }
}
