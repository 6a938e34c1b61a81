/** Records out of the bytes of batches. The library would copy each of their parts. */

import { decompress } from './decompress.js'
import { createVisibility, type GivenUp } from './transactions.js'

export interface ReadRecord {
  readonly offset: number
  /** Wall time in ms. */
  readonly time: number
  readonly key: Buffer | null
  /** Null is what Kafka calls a tombstone. */
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export interface ReadBatches {
  readonly records: readonly ReadRecord[]
  /** The offset behind the last batch, whatever records it has; -1 when there is no batch. */
  readonly next: number
}

/** Bytes of a batch before its length ends, and of its head before the records. */
const lengthEnd = 12
const headBytes = 61
const at = { attributes: 21, lastDelta: 23, firstTime: 27, maxTime: 35, count: 57 } as const
const appendTimeBit = 1 << 3

/** Records for which `isWanted`, without transactions given up and the marks of all. A batch that was cut off at the end is left out. */
export function readBatches(
  data: Buffer,
  isWanted: (offset: number) => boolean,
  givenUp: readonly GivenUp[] = [],
): ReadBatches {
  const isVisible = createVisibility(givenUp)
  const records: ReadRecord[] = []
  let next = -1
  let start = 0
  while (data.byteLength - start >= headBytes) {
    const end = start + lengthEnd + data.readInt32BE(start + 8)
    if (end > data.byteLength) break
    const first = Number(data.readBigInt64BE(start))
    next = first + data.readInt32BE(start + at.lastDelta) + 1
    const batch = data.subarray(start, end)
    if (isVisible(batch)) readBatch(batch, first, isWanted, records)
    start = end
  }
  return { records, next }
}

function readBatch(
  batch: Buffer,
  first: number,
  isWanted: (offset: number) => boolean,
  into: ReadRecord[],
): void {
  const attributes = batch.readInt16BE(at.attributes)
  const firstTime = Number(batch.readBigInt64BE(at.firstTime))
  const appended = (attributes & appendTimeBit) === 0 ? undefined : Number(batch.readBigInt64BE(at.maxTime))
  const cursor = new Cursor(decompress(batch.subarray(headBytes), attributes))
  const count = batch.readInt32BE(at.count)
  for (let index = 0; index < count; index += 1) {
    const length = cursor.varint()
    const end = cursor.at + length
    cursor.at += 1
    const delta = cursor.varint()
    const offset = first + cursor.varint()
    if (isWanted(offset)) {
      into.push({
        offset,
        time: appended ?? firstTime + delta,
        key: cursor.data(),
        value: cursor.data(),
        headers: cursor.headers(),
      })
    }
    cursor.at = end
  }
}

/** Without a prototype any name is plain data. */
const blank = (): Record<string, string> => Object.create(null)

interface KnownText {
  readonly start: number
  /** In bytes. */
  readonly length: number
  readonly text: string
}

/** Longer texts are not worth the comparison. */
const longestKnown = 64

class Cursor {
  /** Texts of the record before, which are mostly those of the next one, by their place in it. */
  private readonly known: KnownText[] = []

  at = 0

  constructor(private readonly bytes: Buffer) {}

  /** Zigzag; times need more than 32 bits, and no more than a number holds. */
  varint(): number {
    let byte = this.next()
    let value = byte & 0x7f
    for (let factor = 128; byte > 0x7f; factor *= 128) {
      byte = this.next()
      value += (byte & 0x7f) * factor
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  data(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const start = this.at
    this.at += length
    return this.bytes.subarray(start, this.at)
  }

  headers(): Record<string, string> {
    const headers = blank()
    const count = this.varint()
    for (let index = 0; index < count; index += 1) {
      const name = this.text(2 * index)
      headers[name] = this.text(2 * index + 1)
    }
    return headers
  }

  /** The text in this place of a record; a value that is not there is an empty one. */
  private text(place: number): string {
    const length = this.varint()
    if (length <= 0) return ''
    const start = this.at
    this.at += length
    const known = this.known[place]
    if (known?.length === length && this.isEqual(known.start, start, length)) return known.text
    const text = this.bytes.toString('utf8', start, this.at)
    if (length <= longestKnown) this.known[place] = { start, length, text }
    return text
  }

  private isEqual(one: number, other: number, length: number): boolean {
    for (let index = length - 1; index >= 0; index -= 1) {
      if (this.bytes[one + index] !== this.bytes[other + index]) return false
    }
    return true
  }

  private next(): number {
    const byte = this.bytes[this.at]
    if (byte === undefined) throw new RangeError('A record of Kafka ends before its last field.')
    this.at += 1
    return byte
  }
}
