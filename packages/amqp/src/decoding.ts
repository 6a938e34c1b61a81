/** Messages as AMQP gives them. By hand, since rhea makes an object of each value, which cost more than all the rest. */

import rhea from 'rhea'

/** What is read of a message; what nobody asks for is left out. */
export interface Arrived {
  readonly priority?: unknown
  readonly delivery_count?: unknown
  readonly message_id?: unknown
  readonly subject?: unknown
  readonly content_type?: unknown
  readonly creation_time?: unknown
  readonly group_id?: unknown
  readonly application_properties?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

// The types of rhea leave out what its own interface offers to readers of raw messages.
const client = rhea.message as unknown as { decode(bytes: Buffer): Arrived }

const header = ['durable', 'priority', 'ttl', 'first_acquirer', 'delivery_count']
const properties = [
  ...['message_id', 'user_id', 'to', 'subject', 'reply_to', 'correlation_id', 'content_type'],
  ...['content_encoding', 'absolute_expiry_time', 'creation_time', 'group_id'],
]
const section = { header: 0x70, annotations: 0x72, properties: 0x73, application: 0x74, data: 0x75 } as const
const beyondAscii = /[^\0-\x7f]/

/** What is written in forms that are rare is left to the client; bytes that are no message are the body of one. */
export function decode(bytes: Buffer): Arrived {
  try {
    return new Reader(bytes).message()
  } catch {
    try {
      return client.decode(bytes)
    } catch {
      return { body: bytes }
    }
  }
}

class Reader {
  private at = 0
  /** All before the payload as one text, if each byte is a sign: a call of the buffer costs as much as ten slices of it. */
  private text: string | undefined

  constructor(private readonly bytes: Buffer) {}

  message(): Arrived {
    const { bytes } = this
    const found: Record<string, unknown> = {}
    const payload = this.seek()
    const text = bytes.toString('latin1', 0, payload)
    if (!beyondAscii.test(text)) this.text = text
    this.at = 0
    while (this.at < payload) {
      const what = this.descriptor()
      if (what === section.header) this.list(header, found)
      else if (what === section.properties) this.list(properties, found)
      else if (what === section.application) found.application_properties = this.map()
      else this.skip()
    }
    this.descriptor()
    found.body = this.value()
    if (this.at !== bytes.length) throw rare()
    return found
  }

  /** Where the payload begins. */
  private seek(): number {
    for (;;) {
      const start = this.at
      const what = this.descriptor()
      if (what === section.data) return start
      if (what < section.header || what > section.application) throw rare()
      this.skip()
    }
  }

  private descriptor(): number {
    if (this.byte() !== 0x00 || this.byte() !== 0x53) throw rare()
    return this.byte()
  }

  private skip(): void {
    const { end } = this.compound()
    this.at = end
  }

  private list(names: readonly string[], found: Record<string, unknown>): void {
    const { count, end } = this.compound()
    for (let index = 0; index < count; index += 1) {
      const value = this.value()
      const name = names[index]
      if (value !== null && name !== undefined) found[name] = value
    }
    if (this.at !== end) throw rare()
  }

  private map(): Record<string, unknown> {
    const { count, end } = this.compound()
    const found: Record<string, unknown> = {}
    for (let index = 0; index < count; index += 2) {
      const name = this.value()
      if (typeof name !== 'string') throw rare()
      found[name] = this.value()
    }
    if (this.at !== end) throw rare()
    return found
  }

  /** Of a list or a map. */
  private compound(): { readonly count: number; readonly end: number } {
    const type = this.byte()
    if (type === 0x45) return { count: 0, end: this.at }
    const isShort = type === 0xc0 || type === 0xc1
    if (!isShort && type !== 0xd0 && type !== 0xd1) throw rare()
    const size = isShort ? this.byte() : this.uint()
    const end = this.at + size
    const count = isShort ? this.byte() : this.uint()
    return { count, end }
  }

  private value(): unknown {
    switch (this.byte()) {
      case 0x40:
        return null
      case 0x41:
        return true
      case 0x42:
        return false
      case 0x43:
      case 0x44:
        return 0
      case 0x50:
      case 0x52:
      case 0x53:
        return this.byte()
      case 0x70:
        return this.uint()
      case 0x83:
        return new Date(this.wide())
      case 0xa0:
        return this.binary(this.byte())
      case 0xb0:
        return this.binary(this.uint())
      case 0xa1:
      case 0xa3:
        return this.string(this.byte())
      case 0xb1:
      case 0xb3:
        return this.string(this.uint())
      default:
        throw rare()
    }
  }

  private byte(): number {
    const value = this.bytes[this.at]
    if (value === undefined) throw rare()
    this.at += 1
    return value
  }

  private uint(): number {
    const value = this.bytes.readUInt32BE(this.at)
    this.at += 4
    return value
  }

  private wide(): number {
    const value = this.bytes.readInt32BE(this.at) * 2 ** 32 + this.bytes.readUInt32BE(this.at + 4)
    this.at += 8
    return value
  }

  private binary(size: number): Buffer {
    return this.bytes.subarray(this.at, this.pass(size))
  }

  private string(size: number): string {
    const start = this.at
    const end = this.pass(size)
    return this.text === undefined ? this.bytes.toString('utf8', start, end) : this.text.slice(start, end)
  }

  /** Gives the end of what is so long. */
  private pass(size: number): number {
    this.at += size
    if (this.at > this.bytes.length) throw rare()
    return this.at
  }
}

const rare = (): Error => new Error('not written as most messages are')
