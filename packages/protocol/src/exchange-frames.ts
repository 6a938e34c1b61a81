/** OPEN to CLOSE: requests and pairs. Clients choose odd exchange ids, hubs even ones. */

import type { Channel, Closed, Message, OpenRequest, Part } from 'busbar/transport'
import { EncodedBody } from 'busbar/transport'
import { codeFrom } from './error-frames.js'
import type { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { frameType, openFlag, partFlag } from './frames.js'
import { readHeaders, writeHeaders } from './header-fields.js'
import type { ChannelOf } from './publish-frames.js'
import { endWithBody, endWithMessage, WireMessage } from './wire-message.js'

export interface OpenFrame {
  readonly exchangeId: number
  readonly request: OpenRequest & { readonly message: WireMessage }
}

/** A request says nothing after OPEN, so it carries the `end` flag. Gives the size of the frame in bytes. */
export function writeOpen(
  out: FrameWriter,
  exchangeId: number,
  channelId: number,
  request: OpenRequest,
): number {
  const { channel, message, timeoutMs } = request
  out.begin(frameType.open, openFlags(channel, timeoutMs))
  out.u32(exchangeId)
  out.u32(channelId)
  if (timeoutMs !== undefined) out.u32(clampMs(timeoutMs))
  return endWithMessage(out, channel.name, message)
}

export function readOpen(body: FrameReader, flags: number, channelOf: ChannelOf): OpenFrame {
  const exchangeId = body.u32()
  const channel = channelOf(body.u32())
  const timeoutMs = (flags & openFlag.timeout) !== 0 ? body.u32() : undefined
  return { exchangeId, request: { channel, timeoutMs, message: new WireMessage(channel.name, body) } }
}

export interface OfferFrame {
  readonly exchangeId: number
  readonly timeoutMs: number | undefined
  readonly message: WireMessage
}

/** Gives the size of the frame in bytes. */
export function writeOffer(
  out: FrameWriter,
  acceptorId: number,
  exchangeId: number,
  channel: Channel,
  offer: { readonly timeoutMs: number | undefined; readonly message: Message },
): number {
  out.begin(frameType.offer, openFlags(channel, offer.timeoutMs))
  out.u32(acceptorId)
  out.u32(exchangeId)
  if (offer.timeoutMs !== undefined) out.u32(clampMs(offer.timeoutMs))
  return endWithMessage(out, channel.name, offer.message)
}

/** Reads what follows the acceptor's id, by which the caller finds the channel. */
export function readOffer(body: FrameReader, flags: number, channel: Channel): OfferFrame {
  const exchangeId = body.u32()
  const timeoutMs = (flags & openFlag.timeout) !== 0 ? body.u32() : undefined
  return { exchangeId, timeoutMs, message: new WireMessage(channel.name, body) }
}

/** Gives the size of the frame in bytes, which counts against the exchange's window. */
export function writePart(out: FrameWriter, exchangeId: number, part: Part): number {
  const { headers, failure, body } = part
  const names = headers === undefined ? [] : Object.keys(headers)
  out.begin(
    frameType.part,
    (part.end === true ? partFlag.end : 0) |
      (failure !== undefined ? partFlag.failure : 0) |
      (names.length > 0 ? partFlag.headers : 0) |
      (body.codec !== 'json' ? partFlag.codec : 0),
  )
  out.u32(exchangeId)
  if (failure !== undefined) out.text8(failure)
  if (headers !== undefined && names.length > 0) writeHeaders(out, headers, names)
  if (body.codec !== 'json') out.text8(body.codec)
  return endWithBody(out, body)
}

/** Reads what follows the exchange's id. */
export function readPart(body: FrameReader, flags: number): Part {
  const failure = (flags & partFlag.failure) !== 0 ? body.text8() : undefined
  const headers = (flags & partFlag.headers) !== 0 ? readHeaders(body) : undefined
  const codec = (flags & partFlag.codec) !== 0 ? body.text8() : 'json'
  const end = (flags & partFlag.end) !== 0
  const payload = new EncodedBody(codec, body.bytes(body.left))
  if (failure === undefined && headers === undefined) return end ? { body: payload, end } : { body: payload }
  return {
    body: payload,
    ...(headers !== undefined && { headers }),
    ...(failure !== undefined && { failure }),
    ...(end && { end }),
  }
}

export function writeWindow(out: FrameWriter, exchangeId: number, bytes: number): void {
  out.begin(frameType.window, 0)
  out.u32(exchangeId)
  out.u32(bytes)
  out.end()
}

export function writeClose(out: FrameWriter, exchangeId: number, reason: Closed): void {
  out.begin(frameType.close, 0)
  out.u32(exchangeId)
  out.text8(reason.code)
  out.text16((reason.message ?? '').slice(0, 1024))
  out.end()
}

/** Reads what follows the exchange's id. */
export function readClose(body: FrameReader): Closed {
  const code = body.text8()
  const message = body.text16()
  body.finish()
  return { code: code === 'DONE' ? code : codeFrom(code), ...(message !== '' && { message }) }
}

function openFlags(channel: Channel, timeoutMs: number | undefined): number {
  return (channel.kind === 'request' ? openFlag.end : 0) | (timeoutMs !== undefined ? openFlag.timeout : 0)
}

/** A deadline that passed on the way still travels, as the shortest there is. */
function clampMs(timeoutMs: number): number {
  return Math.min(0xffff_ffff, Math.max(1, Math.ceil(timeoutMs)))
}
