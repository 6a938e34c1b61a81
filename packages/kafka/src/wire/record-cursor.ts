/** Goes through the fields of records, one after the other. */

/** Without a prototype any name is plain data. */
const blank = (): Record<string, string> => Object.create(null)

export interface RecordHead {
  /** Where the next record begins. */
  readonly end: number
  /** In ms, from the first time of the batch. */
  readonly timeDelta: number
  /** From the first offset of the batch. */
  readonly offsetDelta: number
}

interface KnownText {
  readonly start: number
  /** In bytes. */
  readonly length: number
  readonly text: string
}

/** Longer texts are not worth the comparison. */
const longestKnown = 64

export class RecordCursor {
  /** Texts of the record before, which are mostly those of the next one, by their place in it. */
  private readonly known: KnownText[] = []
  at = 0

  constructor(private readonly bytes: Buffer) {}

  /** What stands before the key of a record. */
  head(): RecordHead {
    const length = this.varint()
    const end = this.at + length
    // Attributes, of which there are none.
    this.at += 1
    return { end, timeDelta: this.varint(), offsetDelta: this.varint() }
  }

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
