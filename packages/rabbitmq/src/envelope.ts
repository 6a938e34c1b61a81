/** Messages as AMQP 0-9-1 carries them, and back. */

import { HeaderDialect, mediaTypeOf, readMessage, writeHeaders } from '@busbar/adapter'
import type { Channel, Message } from 'busbar/transport'
import type { AsyncMessage, SyncMessage } from 'rabbitmq-client'
import type { Sending } from './publish-frames.js'

/** As the CloudEvents binding of AMQP spells attributes. The media type has a field of its own. */
export const dialect = new HeaderDialect({ prefix: 'cloudEvents:', contentType: '' })

export type Arrived = AsyncMessage | SyncMessage

const maxShortBytes = 255
/** What the broker adds on its way. */
const ofBroker = /^x-(death|first-death-|last-death-|delivery-count|acquired-count|stream-offset|opt-)/

/** Where a message goes. */
export interface Route {
  readonly exchange: string
  readonly routingKey: string
  readonly durable: boolean
  /** The broker gives it back if no queue takes it. */
  readonly mandatory: boolean
}

/** Fields and headers of a message; the caller may add to them. */
export function writeEnvelope(channel: Channel, message: Message, route: Route): Sending {
  const { id, body, time } = message
  const envelope: Sending = {
    exchange: route.exchange,
    routingKey: route.routingKey,
    durable: route.durable,
    mandatory: route.mandatory,
    headers: writeHeaders(dialect, channel, message),
    contentType: mediaTypeOf(body.codec),
    timestamp: Math.floor(time / 1_000),
  }
  // With it the client, like many, leaves the bytes alone instead of parsing them.
  if (body.codec === 'json') envelope.contentEncoding = 'utf-8'
  if (isShort(id)) envelope.messageId = id
  return envelope
}

/** Whether it fits into a field of AMQP. UTF-8 takes at most three bytes for what counts as one in a string. */
export const isShort = (text: string): boolean =>
  text.length * 3 <= maxShortBytes || Buffer.byteLength(text) <= maxShortBytes

/** The same bytes, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Headers that are text or a plain value; tables and those that the broker added are left out. */
export function headersOf({ headers = {} }: Arrived): Readonly<Record<string, string>> {
  return isPlain(headers) ? headers : plainOf(headers)
}

/** Almost always there is nothing to leave out. */
function isPlain(headers: Readonly<Record<string, unknown>>): headers is Readonly<Record<string, string>> {
  for (const name in headers) {
    if (typeof headers[name] !== 'string' || isOfBroker(name)) return false
  }
  return true
}

function plainOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (isOfBroker(name)) continue
    if (typeof value === 'string') texts[name] = value
    else if (typeof value === 'number' || typeof value === 'boolean') texts[name] = String(value)
  }
  return texts
}

/** Most begin otherwise, which is cheaper to see. */
const isOfBroker = (name: string): boolean => name.startsWith('x-') && ofBroker.test(name)

const idHeader = `${dialect.prefix}id`

/** Whether a foreign publisher left out what tells its message from others. */
export const isNameless = (arrived: Arrived, headers: Readonly<Record<string, string>>): boolean =>
  !(headers[idHeader] || arrived.messageId)

/** A message of ours or a foreign one, which may lack everything but its payload. */
export function readArrived(
  channel: Channel,
  arrived: Arrived,
  headers: Readonly<Record<string, string>>,
  fallback: { id(): string; now(): number },
): Message {
  return readMessage(dialect, channel, {
    headers,
    data: payloadOf(arrived),
    address: headers[idHeader] === undefined ? addressOf(channel, arrived.routingKey) : undefined,
    contentType: arrived.contentType,
    fallbackId: () => arrived.messageId || fallback.id(),
    fallbackTime: () => (arrived.timestamp === undefined ? fallback.now() : arrived.timestamp * 1_000),
  })
}

/** The address of a foreign message: its routing key if that is one of the channel. */
function addressOf(channel: Channel, routingKey: string): string {
  return routingKey.startsWith(`${channel.name}.`) ? routingKey : channel.name
}

/** The bytes as they came; the client has parsed some foreign ones already. */
export function payloadOf({ body, contentType, contentEncoding }: Arrived): Buffer {
  const content: unknown = body
  if (Buffer.isBuffer(content)) return content
  if (content instanceof Uint8Array) return asBuffer(content)
  if (contentType === 'application/json' && !contentEncoding) return Buffer.from(JSON.stringify(content))
  return Buffer.from(String(content))
}
