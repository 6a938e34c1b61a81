/** A message as SQS carries it: text, and few enough attributes that its limit of ten leaves room for others. */

import type { MessageAttributeValue, Message as SqsMessage } from '@aws-sdk/client-sqs'
import { foreignId, HeaderDialect, readMessage, writeHeaders } from '@busbar/adapter'
import type { Body, Channel, Message } from 'busbar/transport'
import { bodyText, bytesOfText } from './body-text.js'

const dialect = new HeaderDialect({ prefix: 'ce-' })
/** CloudEvents attributes as one JSON object: `{"specversion":"1.0","id":"…","type":"airport.landed",…}`. */
const eventAttribute = 'ce'
/** The user's own headers as one JSON object. */
const headersAttribute = 'headers'
/** What only Busbar reads, as one JSON object: when a message is due, why it died. */
const controlAttribute = 'busbar'
const encodingAttribute = 'content-transfer-encoding'
/** Headers that are attributes of their own, since others look for them. */
const own = new Set(['content-type', 'traceparent', 'tracestate'])
const packed = new Set([eventAttribute, headersAttribute, controlAttribute])

/** What only Busbar reads. */
export type Control = Readonly<Record<string, string>>
export type Attributes = Record<string, MessageAttributeValue>

export interface Written {
  readonly body: string
  readonly attributes: Attributes
  /** As SQS counts them. */
  readonly bytes: number
}

/** Text where the payload is JSON that SQS carries, else base64 and an attribute that says so. */
export function writeForm(channel: Channel, message: Message, control?: Control): Written {
  const attributes: Attributes = {}
  const event: [string, string][] = []
  const headers: [string, string][] = []
  let bytes = 0
  const put = (name: string, value: string): void => {
    attributes[name] = { DataType: 'String', StringValue: value }
    bytes += name.length + 6 + Buffer.byteLength(value)
  }
  for (const [name, value] of Object.entries(writeHeaders(dialect, channel, message))) {
    if (name.startsWith(dialect.prefix)) event.push([name.slice(dialect.prefix.length), value])
    // An attribute cannot be empty.
    else if (own.has(name) && value !== '') put(name, value)
    else headers.push([name, value])
  }
  put(eventAttribute, JSON.stringify(Object.fromEntries(event)))
  if (headers.length > 0) put(headersAttribute, JSON.stringify(Object.fromEntries(headers)))
  if (control !== undefined) put(controlAttribute, JSON.stringify(control))
  const { text, isEncoded } = bodyText(message.body)
  if (isEncoded) put(encodingAttribute, 'base64')
  return { body: text, attributes, bytes: bytes + Buffer.byteLength(text) }
}

export interface Form {
  readonly message: Message
  readonly control: Readonly<Record<string, string | undefined>>
}

/** Ours or a foreign one: attributes that nobody packed are headers, an id is made of where the message is. */
export function readForm(channel: Channel, queue: string, raw: SqsMessage): Form {
  const given = new Map<string, string>()
  let control: Form['control'] = {}
  let isOurs = false
  for (const [name, { StringValue: value }] of Object.entries(raw.MessageAttributes ?? {})) {
    if (value === undefined || name === encodingAttribute) continue
    const fields = packed.has(name) ? unpack(value) : undefined
    if (fields === undefined) given.set(name, value)
    else if (name === controlAttribute) control = Object.fromEntries(fields)
    else if (name === headersAttribute) for (const [key, text] of fields) given.set(key, text)
    else {
      isOurs = true
      for (const [key, text] of fields) given.set(dialect.prefix + key, text)
    }
  }
  const isEncoded = raw.MessageAttributes?.[encodingAttribute]?.StringValue === 'base64'
  const message = readMessage(dialect, channel, {
    headers: Object.fromEntries(given),
    data: bytesOfText(raw.Body ?? '', isEncoded),
    key: isOurs ? undefined : raw.Attributes?.MessageGroupId,
    fallbackId: () => foreignId(`sqs/${queue}/${raw.MessageId ?? ''}`),
    fallbackTime: Number(raw.Attributes?.SentTimestamp ?? 0),
  })
  return { message, control }
}

/** The same message with another payload. */
export const withBody = (message: Message, body: Body): Message => ({ ...message, body })

/** The texts of a JSON object; undefined when it is none. */
function unpack(text: string): [string, string][] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return Object.entries(value).map(([name, field]) => [name, String(field)])
  } catch {
    return undefined
  }
}
