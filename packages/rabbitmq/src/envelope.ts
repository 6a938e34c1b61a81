/** Messages as AMQP 0-9-1 carries them, and back. */

import { HeaderDialect, mediaTypeOf, readMessage, writeHeaders } from '@busbar/adapter'
import type { Channel, Message } from 'busbar/transport'
import type { AsyncMessage, Envelope, SyncMessage } from 'rabbitmq-client'

/** As the CloudEvents binding of AMQP spells attributes. The media type has a field of its own. */
export const dialect = new HeaderDialect({ prefix: 'cloudEvents:', contentType: '' })

export type Arrived = AsyncMessage | SyncMessage

const maxShortBytes = 255
/** What the broker adds on its way. */
const ofBroker = /^x-(death|first-death-|last-death-|delivery-count|acquired-count|stream-offset|opt-)/

/** Fields and headers of a message; where it goes is added by the caller. */
export function writeEnvelope(
  channel: Channel,
  message: Message,
  control: Readonly<Record<string, string | undefined>> = {},
): Envelope & { headers: Record<string, string> } {
  const headers = writeHeaders(dialect, channel, message)
  for (const name in control) {
    const value = control[name]
    if (value !== undefined) headers[name] = value
  }
  const { codec } = message.body
  return {
    headers,
    contentType: mediaTypeOf(codec),
    // With it the client, like many, leaves the bytes alone instead of parsing them.
    ...(codec === 'json' && { contentEncoding: 'utf-8' }),
    timestamp: Math.floor(message.time / 1_000),
    ...(Buffer.byteLength(message.id) <= maxShortBytes && { messageId: message.id }),
  }
}

/** The payload as the client wants it, without a copy. */
export function bufferOf(message: Pick<Message, 'body'>): Buffer {
  return asBuffer(message.body.bytes())
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Headers that are text or a plain value; tables and those that the broker added are left out. */
export function headersOf({ headers = {} }: Arrived): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name in headers) {
    const value: unknown = headers[name]
    // Most begin otherwise, which is cheaper to see.
    if (name.startsWith('x-') && ofBroker.test(name)) continue
    if (typeof value === 'string') texts[name] = value
    else if (typeof value === 'number' || typeof value === 'boolean') texts[name] = String(value)
  }
  return texts
}

const idHeader = `${dialect.prefix}id`

/** Whether a foreign publisher left out what tells its message from others. */
export const isNameless = (arrived: Arrived, headers: Readonly<Record<string, string>>): boolean =>
  headers[idHeader] === undefined && arrived.messageId === undefined

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
    fallbackId: () => arrived.messageId ?? fallback.id(),
    fallbackTime: arrived.timestamp === undefined ? fallback.now() : arrived.timestamp * 1_000,
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
