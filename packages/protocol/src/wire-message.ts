/** A message that came in a frame: checked once, decoded field by field when somebody asks, forwarded as it is. */

import type { Body, Headers, Message } from 'busbar/transport'
import { FrameReader, textAt, textOf } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { headersAt, skipHeaders, writeHeaders } from './header-fields.js'
import { protocolError } from './protocol-error.js'
import { formatUuid, isUuid } from './uuid.js'

/** What an envelope begins with: which of the parts follow, in the order of the bits. */
export const envelopeBit = { uuid: 0x01, suffix: 0x02, key: 0x04, headers: 0x08, codec: 0x10 } as const

/** Payloads up to this size are encoded into the block of the frames, larger ones are passed along. */
const longestText = 8 * 1024

const noHeaders: Headers = Object.freeze({})

/**
 * Message and body in one, because one of each per frame would double the garbage. `data[start..end)` holds the
 * envelope and the payload; views of it stay valid as long as this object, and keep the chunk they came in.
 */
export class WireMessage implements Message, Body {
  readonly time: number
  readonly codec: string
  private readonly bits: number
  private readonly idAt: number
  private readonly idLength: number
  private readonly suffixAt: number
  private readonly suffixLength: number
  private readonly keyAt: number
  private readonly keyLength: number
  private readonly headersAt: number
  private readonly payloadAt: number
  readonly data: Uint8Array
  readonly start: number
  readonly end: number
  private decodedId: string | undefined
  private decodedHeaders: Headers | undefined

  /** Takes the rest of `reader`; PROTOCOL_ERROR unless it begins with a well-formed envelope. */
  constructor(
    /** The name of the message's channel, which the address begins with. */
    readonly channelName: string,
    reader: FrameReader,
  ) {
    this.data = reader.data
    this.start = reader.position
    this.end = reader.end
    const bits = reader.u8()
    if (bits > 0x1f) throw protocolError('An envelope has unknown parts')
    this.bits = bits
    this.time = reader.u48()
    this.idLength = (bits & envelopeBit.uuid) !== 0 ? 16 : reader.u8()
    this.idAt = (bits & envelopeBit.uuid) !== 0 ? reader.advance(16) : reader.skipText(this.idLength)
    if (this.idLength === 0) throw protocolError('A message has no id')
    this.suffixLength = (bits & envelopeBit.suffix) !== 0 ? reader.u16() : 0
    this.suffixAt = reader.skipText(this.suffixLength)
    this.keyLength = (bits & envelopeBit.key) !== 0 ? reader.u16() : 0
    this.keyAt = reader.skipText(this.keyLength)
    this.headersAt = reader.position
    if ((bits & envelopeBit.headers) !== 0) skipHeaders(reader)
    this.codec = (bits & envelopeBit.codec) !== 0 ? reader.text8() : 'json'
    this.payloadAt = reader.position
    reader.position = reader.end
  }

  get id(): string {
    this.decodedId ??=
      (this.bits & envelopeBit.uuid) !== 0
        ? formatUuid(this.data, this.idAt)
        : textAt(this.data, this.idAt, this.idLength)
    return this.decodedId
  }

  get address(): string {
    return this.suffixLength === 0
      ? this.channelName
      : `${this.channelName}.${textAt(this.data, this.suffixAt, this.suffixLength)}`
  }

  get key(): string | undefined {
    return (this.bits & envelopeBit.key) === 0 ? undefined : textAt(this.data, this.keyAt, this.keyLength)
  }

  get headers(): Headers {
    if ((this.bits & envelopeBit.headers) === 0) return noHeaders
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
}

/** A copy that no longer keeps the chunk alive; for a receiver that keeps the message for long. */
export function detach(message: WireMessage): WireMessage {
  // Not slice(): that of a Buffer would still share the memory.
  const copy = new Uint8Array(message.data.subarray(message.start, message.end))
  return new WireMessage(message.channelName, new FrameReader().reset(copy))
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
  const names = Object.keys(headers)
  const hasUuid = isUuid(id)
  const hasSuffix = address.length > channelName.length
  out.u8(
    (hasUuid ? envelopeBit.uuid : 0) |
      (hasSuffix ? envelopeBit.suffix : 0) |
      (key !== undefined ? envelopeBit.key : 0) |
      (names.length > 0 ? envelopeBit.headers : 0) |
      (body.codec !== 'json' ? envelopeBit.codec : 0),
  )
  out.u48(message.time)
  if (hasUuid) out.uuid(id)
  else out.text8(id)
  if (hasSuffix) out.text16(address.slice(channelName.length + 1))
  if (key !== undefined) out.text16(key)
  if (names.length > 0) writeHeaders(out, headers, names)
  if (body.codec !== 'json') out.text8(body.codec)
}
