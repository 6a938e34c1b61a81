/** A message as headers that others can read: CloudEvents 1.0 attributes, W3C trace context, and the user's own. */

import { type Channel, EncodedBody, type Headers, type Message } from 'busbar/transport'
import type { HeaderDialect } from './dialect.js'

/** A message as it came from a broker; what a foreign publisher left out may be undefined. */
export interface RawMessage {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly data: Uint8Array
  /** Its address if the broker carries it outside the headers. */
  readonly address?: string | undefined
  readonly key?: string | undefined
  /** The media type if the broker carries it outside the headers. */
  readonly contentType?: string | undefined
  /** Stands in for an id that nobody gave; the same at each delivery of the message. */
  readonly fallbackId: () => string
  /** Wall time in ms, in place of one that nobody gave. */
  readonly fallbackTime: () => number
}

const media = 'application/json'
const ownMedia = 'application/vnd.busbar.'
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const unsafe = /[\u0000-\u001f\u007f]/

/** The media type of a codec: `application/json`, or one that names the codec. */
export function mediaTypeOf(codec: string): string {
  return codec === 'json' ? media : ownMedia + codec
}

/** The codec of a media type; `json` for all that are not ours, since foreign payloads are tried as JSON. */
export function codecOf(mediaType: string | undefined): string {
  return mediaType?.startsWith(ownMedia) === true ? mediaType.slice(ownMedia.length) : 'json'
}

/** The headers of a message in the dialect of a broker. Names and values were checked by the bus. */
export function writeHeaders(
  dialect: HeaderDialect,
  channel: Channel,
  message: Message,
): Record<string, string> {
  const { address, key } = message
  // One assignment after the other: a literal with computed names, or a copy, takes several times as long.
  // What all messages of a channel have in common comes first, so that readers may know it again in one look.
  const headers: Record<string, string> = {}
  headers[dialect.version] = '1.0'
  headers[dialect.type] = channel.name
  if (dialect.contentType !== '') headers[dialect.contentType] = mediaTypeOf(message.body.codec)
  for (const name in message.headers) {
    const value = message.headers[name]
    if (value !== undefined) headers[dialect.brokerName(name)] = value
  }
  headers[dialect.id] = message.id
  headers[dialect.time] = dialect.textOf(message.time)
  if (address.length > channel.name.length) headers[dialect.subject] = address.slice(channel.name.length + 1)
  if (key !== undefined) headers[dialect.key] = key
  return headers
}

/** A message out of what a broker gave, ours or a foreign one. */
export function readMessage(dialect: HeaderDialect, channel: Channel, raw: RawMessage): Message {
  const given = raw.headers
  const headers: Record<string, string> = {}
  for (const name in given) {
    const own = dialect.userName(name)
    if (own === '') continue
    const value = given[name]
    if (value === undefined || unsafe.test(value)) continue
    // Assignment would set the prototype instead of a header.
    if (own === '__proto__') Object.defineProperty(headers, own, { value, enumerable: true })
    else headers[own] = value
  }
  const subject = given[dialect.subject]
  const time = dialect.timeOf(given[dialect.time])
  return {
    // An empty one would stand for every message that has it.
    id: given[dialect.id] || raw.fallbackId(),
    address: raw.address ?? (subject === undefined ? channel.name : `${channel.name}.${subject}`),
    key: given[dialect.key] ?? raw.key,
    headers: headers as Headers,
    time: Number.isNaN(time) ? raw.fallbackTime() : time,
    body: new EncodedBody(codecOf(raw.contentType ?? given[dialect.contentType]), raw.data),
  }
}
