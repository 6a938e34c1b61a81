/** A message as headers that others can read: CloudEvents 1.0 attributes, W3C trace context, and the user's own. */

import { type Channel, EncodedBody, type Headers, type Message } from 'busbar/transport'

/** How a broker spells the attributes: `ce-` on NATS, `ce_` on Kafka, `cloudEvents:` on AMQP, as their bindings say. */
export interface HeaderDialect {
  readonly prefix: string
  /** Where the media type goes; default `content-type`. Brokers that have a field for it leave it out of the headers. */
  readonly contentType?: string
}

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
  readonly fallbackTime: number
}

/** Carried by our own headers, not by attributes of the same name. */
const control = 'busbar-'
/** Own headers whose names belong to somebody else. */
const escaped = 'busbar-own-'
const traced = new Set(['traceparent', 'tracestate'])
/** Attributes that have a field of their own in a message. */
const fields = new Set([
  ...['specversion', 'id', 'type', 'time', 'subject', 'partitionkey'],
  ...['datacontenttype', 'dataschema'],
])
/** Extension attributes that the bus itself gives. */
const extensions = new Set(['source', 'correlationid', 'causationid'])
const nameForm = /^[a-z0-9][a-z0-9._-]{0,127}$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const unsafe = /[\u0000-\u001f\u007f]/
const media = 'application/json'
const ownMedia = 'application/vnd.busbar.'

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
  const { prefix, contentType = 'content-type' } = dialect
  const headers: Record<string, string> = {
    [`${prefix}specversion`]: '1.0',
    [`${prefix}id`]: message.id,
    [`${prefix}type`]: channel.name,
    [`${prefix}time`]: new Date(message.time).toISOString(),
  }
  if (message.address.length > channel.name.length) {
    headers[`${prefix}subject`] = message.address.slice(channel.name.length + 1)
  }
  if (message.key !== undefined) headers[`${prefix}partitionkey`] = message.key
  if (contentType !== '') headers[contentType] = mediaTypeOf(message.body.codec)
  for (const name in message.headers) {
    const value = message.headers[name]
    if (value !== undefined) headers[nameOf(dialect, name)] = value
  }
  return headers
}

function nameOf({ prefix, contentType = 'content-type' }: HeaderDialect, name: string): string {
  if (traced.has(name)) return name
  if (extensions.has(name)) return prefix + name
  const isTaken = name.startsWith(prefix) || name.startsWith(control) || name === contentType
  return isTaken || name === '__proto__' ? escaped + name : name
}

/** A message out of what a broker gave, ours or a foreign one. */
export function readMessage(dialect: HeaderDialect, channel: Channel, raw: RawMessage): Message {
  const { prefix, contentType = 'content-type' } = dialect
  const { headers: given } = raw
  const headers: Record<string, string> = {}
  for (const name in given) {
    const value = given[name]
    const own = value === undefined ? undefined : ownName(dialect, name)
    if (own === undefined || value === undefined || unsafe.test(value)) continue
    // Assignment would set the prototype instead of a header.
    if (own === '__proto__') Object.defineProperty(headers, own, { value, enumerable: true })
    else headers[own] = value
  }
  const subject = given[`${prefix}subject`]
  const time = Date.parse(given[`${prefix}time`] ?? '')
  return {
    id: given[`${prefix}id`] ?? raw.fallbackId(),
    address: raw.address ?? (subject === undefined ? channel.name : `${channel.name}.${subject}`),
    key: given[`${prefix}partitionkey`] ?? raw.key,
    headers: headers as Headers,
    time: Number.isNaN(time) ? raw.fallbackTime : time,
    body: new EncodedBody(codecOf(raw.contentType ?? given[contentType]), raw.data),
  }
}

/** The name under which a user sees a header of the broker; undefined for those that are not for users. */
function ownName({ prefix, contentType = 'content-type' }: HeaderDialect, name: string): string | undefined {
  if (name.startsWith(escaped)) return name.slice(escaped.length)
  if (name.startsWith(control) || name === contentType) return undefined
  if (name.startsWith(prefix)) {
    const attribute = name.slice(prefix.length).toLowerCase()
    return fields.has(attribute) || !nameForm.test(attribute) ? undefined : attribute
  }
  const lower = name.toLowerCase()
  return nameForm.test(lower) ? lower : undefined
}
