/** A message of the bus as an AMQP message, and back: the AMQP binding of CloudEvents, with the fields JMS knows. */

import {
  attemptHeader,
  foreignId,
  HeaderDialect,
  mediaTypeOf,
  readMessage,
  writeHeaders,
} from '@busbar/adapter'
import type { Channel, Message } from 'busbar/transport'
import { type Arrived, decode } from './decoding.js'

/** Of properties that selectors read and users do not see. */
const ownPrefix = 'busbar_'

/** Sections of an AMQP message as rhea takes them. */
export interface Outgoing {
  durable?: boolean
  priority?: number
  ttl?: number
  /** The broker hands it out when this time is over. */
  delayMs?: number
  message_id?: string
  to?: string
  subject?: string
  content_type?: string
  correlation_id?: string
  reply_to?: string
  /** Milliseconds since the epoch, in place of a `ttl` that is too long for its field. */
  absolute_expiry_time?: number
  creation_time?: number
  group_id?: string
  application_properties?: Record<string, string>
  body: Uint8Array
}

/** The longest `ttl`, about 49 days. */
export const maxTtlMs = 2 ** 32 - 1

/** How often this copy was sent before, to nobody knows what end. */
export const resentProperty = 'busbar_resent'

export interface Sending {
  readonly delayMs?: number | undefined
  readonly priority?: number | undefined
  /** Our own beside those of the message. */
  readonly extra?: Readonly<Record<string, string | undefined>>
  /** Milliseconds since the epoch, by which what is left of its time is told. */
  readonly now: number
}

export const dialect = new HeaderDialect({ prefix: 'cloudEvents:', contentType: '' })

/** The message as it goes to `channel`; its time to live is what is left of it. */
export function toAmqp(channel: Channel, message: Message, sending: Sending): Outgoing {
  const { guarantees, name } = channel
  const { delayMs = 0, priority, extra = {}, now } = sending
  const properties = writeHeaders(dialect, channel, message)
  for (const key in extra) {
    const value = extra[key]
    if (value !== undefined) properties[key] = value
  }
  const outgoing: Outgoing = {
    durable: guarantees.durable,
    message_id: message.id,
    content_type: mediaTypeOf(message.body.codec),
    creation_time: message.time,
    application_properties: properties,
    body: message.body.bytes(),
  }
  if (guarantees.priority) outgoing.priority = priority ?? 0
  if (guarantees.ttlMs !== undefined) {
    const ttl = Math.max(1, delayMs + guarantees.ttlMs - Math.max(0, now - message.time))
    if (ttl <= maxTtlMs) outgoing.ttl = ttl
    else outgoing.absolute_expiry_time = now + ttl
  }
  if (delayMs > 0) outgoing.delayMs = Math.ceil(delayMs)
  if (message.address.length > name.length) outgoing.subject = message.address.slice(name.length + 1)
  // Only where order is promised: the broker ties a group to one consumer.
  if (guarantees.ordered && message.key !== undefined) outgoing.group_id = message.key
  return outgoing
}

/** What came, with what the bus adds at the broker beside it. */
export interface Incoming {
  readonly message: Message
  /** Deliveries that failed before this one. */
  readonly failures: number
  /** How often this copy was sent before; what came of that is not known. */
  readonly resent: number
  readonly headers: Readonly<Record<string, string>>
  readonly priority: number | undefined
}

/** Ours or a foreign one, which is taken as it is. `now` stands in for a time that nobody gave. */
export function fromAmqp(channel: Channel, arrived: Arrived | Buffer, now: () => number): Incoming {
  const raw = Buffer.isBuffer(arrived) ? decode(arrived) : arrived
  const headers = textsOf(raw.application_properties)
  const data = bytesOf(raw.body)
  const subject: unknown = raw.subject
  const time = Number(raw.creation_time ?? Number.NaN)
  const key: unknown = raw.group_id
  const id: unknown = raw.message_id
  const isForeign = headers[dialect.id] === undefined
  const message = readMessage(dialect, channel, {
    headers,
    data,
    address:
      isForeign && channel.params.length > 0 && typeof subject === 'string'
        ? `${channel.name}.${subject}`
        : undefined,
    key: typeof key === 'string' ? key : undefined,
    contentType: raw.content_type === undefined ? undefined : String(raw.content_type),
    fallbackId: () => String(id ?? '') || foreignId(placeOf(channel, time, headers, data)),
    fallbackTime: () => (Number.isNaN(time) ? now() : time),
  })
  const before = Number(headers[attemptHeader] ?? 0)
  const failures = (Number.isInteger(before) ? before : 0) + Number(raw.delivery_count ?? 0)
  const priority: unknown = raw.priority
  const resent = Number(raw.application_properties?.[resentProperty] ?? 0)
  return { message, failures, resent, headers, priority: typeof priority === 'number' ? priority : undefined }
}

/** AMQP shows no place in a queue, so what is in the message must do; JMS always gives an id. */
function placeOf(channel: Channel, time: number, headers: object, data: Uint8Array): string {
  return `amqp/${channel.name}/${time}/${JSON.stringify(headers)}/${Buffer.from(data).toString('base64')}`
}

export function textsOf(properties: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name in properties) {
    const value = properties[name]
    if (value !== null && value !== undefined && !name.startsWith(ownPrefix)) texts[name] = textOf(value)
  }
  return texts
}

/** A date as it stands in JSON; beyond what a date can hold it is none. */
const textOf = (value: unknown): string =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : String(value)

/** Bytes are taken as they are, text as its bytes, and any other AMQP value as JSON. */
export function bytesOf(body: unknown): Uint8Array {
  if (Buffer.isBuffer(body)) return body
  if (typeof body === 'string') return Buffer.from(body)
  if (body === undefined || body === null) return new Uint8Array(0)
  if (typeof body === 'object' && 'typecode' in body && 'content' in body) {
    const { content } = body
    if (Buffer.isBuffer(content)) return content
    if (Array.isArray(content) && content.every((part) => Buffer.isBuffer(part)))
      return Buffer.concat(content)
    return Buffer.from(JSON.stringify(content))
  }
  return Buffer.from(JSON.stringify(body))
}
