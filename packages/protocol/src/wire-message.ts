/** A message that came in a frame: checked once, decoded field by field when somebody asks, forwarded as it is. */

import type { Body, Headers, Message } from 'busbar/transport'
import { FrameReader, textAt, textOf } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { headersAt, skipHeaders, writeHeaders } from './header-fields.js'
import { protocolError } from './protocol-error.js'
import { formatUuid } from './uuid.js'

/** What an envelope begins with: which of the parts follow, in the order of the bits. */
const envelopeBit = { uuid: 0x01, suffix: 0x02, key: 0x04, headers: 0x08, codec: 0x10 } as const

/** Payloads up to this size are encoded into the block of the frames, larger ones are passed along. */
const longestText = 8 * 1024

const timeBytes = 6
const nothing: readonly string[] = []
const nothingYet = new Uint8Array(0)
const noHeaders: Headers = Object.freeze({})

/**
 * Message and body in one, because one of each per frame would double the garbage. `data[start..end)` holds the
 * envelope and the payload; views of it stay valid as long as this object, and keep the chunk they came in.
 */
export class WireMessage implements Message, Body {
  // Declared only, and set by the constructor: initializing fields twice shows where there is one object per frame.
  /** The name of the message's channel, which the address begins with. */
  declare readonly channelName: string
  declare readonly data: Uint8Array
  declare readonly start: number
  declare readonly end: number
  declare readonly codec: string
  /** A header has a control character other than a tab; no honest bus sends one. */
  declare readonly hasControlCharacter: boolean
  declare private readonly headersAt: number
  declare private readonly payloadAt: number
  declare private decodedId: string | undefined
  declare private decodedHeaders: Headers | undefined

  /** Takes the rest of `reader`; PROTOCOL_ERROR unless it begins with a well-formed envelope, or is a copy of `known`. */
  constructor(channelName: string, reader: FrameReader, known?: WireMessage) {
    this.channelName = channelName
    this.data = reader.data
    this.start = reader.position
    this.end = reader.end
    if (known !== undefined) {
      this.hasControlCharacter = known.hasControlCharacter
      this.headersAt = known.headersAt - known.start + this.start
      this.codec = known.codec
      this.payloadAt = known.payloadAt - known.start + this.start
      this.decodedId = known.decodedId
      this.decodedHeaders = known.decodedHeaders
      return
    }
    const bits = reader.u8()
    if (bits > 0x1f) throw protocolError('An envelope has unknown parts')
    reader.advance(timeBytes)
    if ((bits & envelopeBit.uuid) !== 0) reader.advance(16)
    else {
      const length = reader.u8()
      if (length === 0) throw protocolError('A message has no id')
      reader.skipText(length)
    }
    if ((bits & envelopeBit.suffix) !== 0) reader.skipText(reader.u16())
    if ((bits & envelopeBit.key) !== 0) reader.skipText(reader.u16())
    this.headersAt = reader.position
    this.hasControlCharacter = (bits & envelopeBit.headers) !== 0 && skipHeaders(reader)
    this.codec = (bits & envelopeBit.codec) !== 0 ? reader.text8() : 'json'
    this.payloadAt = reader.position
    this.decodedId = undefined
    this.decodedHeaders = undefined
    reader.position = reader.end
  }

  get time(): number {
    return new FrameReader().reset(this.data, this.start + 1, this.end).u48()
  }

  get id(): string {
    this.decodedId ??= this.has(envelopeBit.uuid)
      ? formatUuid(this.data, this.idAt)
      : textAt(this.data, this.idAt + 1, this.data[this.idAt] as number)
    return this.decodedId
  }

  get address(): string {
    if (!this.has(envelopeBit.suffix)) return this.channelName
    const suffix = textAt(this.data, this.suffixAt + 2, this.lengthAt(this.suffixAt))
    return suffix === '' ? this.channelName : `${this.channelName}.${suffix}`
  }

  get key(): string | undefined {
    if (!this.has(envelopeBit.key)) return undefined
    const at = this.suffixAt + (this.has(envelopeBit.suffix) ? 2 + this.lengthAt(this.suffixAt) : 0)
    return textAt(this.data, at + 2, this.lengthAt(at))
  }

  get headers(): Headers {
    if (!this.has(envelopeBit.headers)) return noHeaders
    this.decodedHeaders ??= headersAt(this.data, this.headersAt)
    return this.decodedHeaders
  }

  get body(): Body {
    return this
  }

  /** Bytes of the payload. */
  get size(): number {
    return this.end - this.payloadAt
  }

  bytes(): Uint8Array {
    return this.data.subarray(this.payloadAt, this.end)
  }

  /** Undefined for what is not UTF-8. */
  text(): string | undefined {
    return this.codec === 'json' ? textOf(this.data.subarray(this.payloadAt, this.end)) : undefined
  }

  /** Every reader decodes the bytes for itself. */
  retain(): void {}

  private get idAt(): number {
    return this.start + 1 + timeBytes
  }

  /** Where the suffix is or would be: after the id. */
  private get suffixAt(): number {
    return this.idAt + (this.has(envelopeBit.uuid) ? 16 : 1 + (this.data[this.idAt] as number))
  }

  private has(bit: number): boolean {
    return ((this.data[this.start] as number) & bit) !== 0
  }

  private lengthAt(at: number): number {
    return ((this.data[at] as number) << 8) | (this.data[at + 1] as number)
  }
}

/** Copies up to this size share a block with their neighbours. */
const longestShared = 1024
const blockBytes = 8 * 1024

/** Makes copies of messages for a receiver that keeps them for long: a copy does not keep the chunk its message came in. */
export class Detacher {
  private block = nothingYet
  private used = 0
  private readonly reader = new FrameReader()

  detach(message: WireMessage): WireMessage {
    const { data, start, end } = message
    const length = end - start
    if (length > longestShared) {
      // Not slice(): that of a Buffer would still share the memory.
      const own = new Uint8Array(length)
      own.set(data.subarray(start, end))
      return new WireMessage(message.channelName, this.reader.reset(own), message)
    }
    // Blocks are small, for one message that stays keeps the whole of its block.
    if (this.used + length > this.block.length) {
      this.block = new Uint8Array(blockBytes)
      this.used = 0
    }
    const at = this.used
    this.used += length
    this.block.set(data.subarray(start, end), at)
    return new WireMessage(message.channelName, this.reader.reset(this.block, at, at + length), message)
  }
}

/** Ends a frame with a message; the address must begin with the channel's name. Gives the frame's size in bytes. */
export function endWithMessage(out: FrameWriter, channelName: string, message: Message): number {
  if (message instanceof WireMessage && message.channelName === channelName) {
    return out.endWith(message.data, message.start, message.end)
  }
  writeEnvelope(out, channelName, message)
  return endWithBody(out, message.body)
}

/** Ends a frame with a payload. Gives the frame's size in bytes. */
export function endWithBody(out: FrameWriter, body: Body): number {
  const text = body.size <= longestText ? body.text?.() : undefined
  return text === undefined ? out.endWith(body.bytes()) : out.endWithText(text)
}

/** A message in the middle of a frame, with its length before it. */
export function writeMessage32(out: FrameWriter, channelName: string, message: Message): void {
  const mark = out.beginLength32()
  writeEnvelope(out, channelName, message)
  out.bytes(message.body.bytes())
  out.endLength32(mark)
}

function writeEnvelope(out: FrameWriter, channelName: string, message: Message): void {
  const { id, address, key, headers, body } = message
  const isKnown = out.remembers(headers)
  const names = isKnown ? nothing : Object.keys(headers)
  let bits: number = isKnown || names.length > 0 ? envelopeBit.headers : 0
  const bitsAt = out.frameBytes
  out.u8(0)
  out.u48(message.time)
  if (out.uuid(id)) bits |= envelopeBit.uuid
  else out.text8(id)
  if (address.length > channelName.length) {
    bits |= envelopeBit.suffix
    out.text16(address.slice(channelName.length + 1))
  }
  if (key !== undefined) {
    bits |= envelopeBit.key
    out.text16(key)
  }
  // Most messages of a bus have the same headers, and the same object for them.
  if (isKnown) out.again()
  else if (names.length > 0) {
    const mark = out.frameBytes
    writeHeaders(out, headers, names)
    out.remember(headers, mark)
  }
  if (body.codec !== 'json') {
    bits |= envelopeBit.codec
    out.text8(body.codec)
  }
  out.setU8(bitsAt, bits)
}
