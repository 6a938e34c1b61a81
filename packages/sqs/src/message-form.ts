/** A message as SQS carries it: text, and few enough attributes that its limit of ten leaves room for others. */

import type { MessageAttributeValue, Message as SqsMessage } from '@aws-sdk/client-sqs'
import { foreignId, HeaderDialect, readMessage, writeHeaders } from '@busbar/adapter'
import type { Body, Channel, Message } from 'busbar/transport'
import { bodyText, bytesOfBase64, TextBody } from './body-text.js'

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
  const event: Record<string, string> = {}
  let headers: Record<string, string> | undefined
  let bytes = 0
  const put = (name: string, value: string): void => {
    attributes[name] = { DataType: 'String', StringValue: value }
    bytes += name.length + 6 + Buffer.byteLength(value)
  }
  const all = writeHeaders(dialect, channel, message)
  for (const name in all) {
    const value = all[name] ?? ''
    if (name.startsWith(dialect.prefix)) event[name.slice(dialect.prefix.length)] = value
    // An attribute cannot be empty.
    else if (own.has(name) && value !== '') put(name, value)
    else {
      headers ??= {}
      headers[name] = value
    }
  }
  put(eventAttribute, JSON.stringify(event))
  if (headers !== undefined) put(headersAttribute, JSON.stringify(headers))
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
  const given = blank()
  let control: Form['control'] = {}
  let isOurs = false
  const attributes = raw.MessageAttributes ?? {}
  for (const name in attributes) {
    const value = attributes[name]?.StringValue
    if (value === undefined || name === encodingAttribute) continue
    const fields = packed.has(name) ? unpack(value) : undefined
    if (fields === undefined) given[name] = value
    else if (name === controlAttribute) control = addTo(blank(), '', fields)
    else if (name === headersAttribute) addTo(given, '', fields)
    else {
      isOurs = true
      addTo(given, dialect.prefix, fields)
    }
  }
  const isEncoded = attributes[encodingAttribute]?.StringValue === 'base64'
  const text = raw.Body ?? ''
  const message = readMessage(dialect, channel, {
    headers: given,
    data: isEncoded ? bytesOfBase64(text) : none,
    key: isOurs ? undefined : raw.Attributes?.MessageGroupId,
    fallbackId: () => foreignId(`sqs/${queue}/${raw.MessageId ?? ''}`),
    fallbackTime: () => Number(raw.Attributes?.SentTimestamp ?? 0),
  })
  return { message: isEncoded ? message : withBody(message, new TextBody(message.body.codec, text)), control }
}

/** The same message with another payload. */
export const withBody = (message: Message, body: Body): Message => ({ ...message, body })

/** Without a prototype any name is plain data. */
const blank = (): Record<string, string> => Object.create(null)
const none = new Uint8Array(0)

/** A JSON object; undefined when the text is none. */
function unpack(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value !== 'object' || value === null || Array.isArray(value) ? undefined : value
  } catch {
    return undefined
  }
}

function addTo(all: Record<string, string>, prefix: string, fields: object): Record<string, string> {
  for (const [name, field] of Object.entries(fields)) all[prefix + name] = String(field)
  return all
}
