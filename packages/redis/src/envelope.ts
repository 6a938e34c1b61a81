/** A plain event as text for Pub/Sub, which has no headers: CloudEvents in JSON, the payload last and as it is. */

import { foreignId, type HeaderDialect, mediaTypeOf, readMessage, writeHeaders } from '@busbar/adapter'
import type { Channel, Message } from 'busbar/transport'
import { dialect } from './fields.js'

const attributes = new Set([
  ...['specversion', 'id', 'type', 'time', 'subject', 'source', 'partitionkey', 'datacontenttype'],
  ...['dataschema', 'data', 'data_base64', 'correlationid', 'causationid'],
])
const escaped = 'busbar-own-'
const inner: HeaderDialect = dialect
const payloadMark = ',"data":'
const json = mediaTypeOf('json')
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The event as its bytes. Payloads that are not JSON go as base64, as the JSON format of CloudEvents says. */
export function writeEnvelope(channel: Channel, message: Message): Buffer {
  const headers = writeHeaders(inner, channel, message)
  const event: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined) continue
    if (name.startsWith(inner.prefix)) event[name.slice(inner.prefix.length)] = value
    else if (name === 'content-type') event.datacontenttype = value
    else event[attributes.has(name) ? escaped + name : name] = value
  }
  const head = JSON.stringify(event).slice(0, -1)
  const bytes = message.body.bytes()
  if (event.datacontenttype === json && bytes.byteLength > 0) {
    return Buffer.concat([Buffer.from(head + payloadMark), bytes, Buffer.from('}')])
  }
  return Buffer.from(`${head},"data_base64":"${Buffer.from(bytes).toString('base64')}"}`)
}

interface Parsed {
  readonly event: Readonly<Record<string, unknown>>
  readonly data: Uint8Array
}

/** Whatever was published: an event of ours, one of another hand, or a bare payload. */
export function readEnvelope(channel: Channel, bytes: Buffer, now: () => number): Message {
  const { event, data } = split(bytes) ?? parse(bytes) ?? { event: {}, data: bytes }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(event)) {
    if (name === 'data' || name === 'data_base64' || value === null || value === undefined) continue
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    if (name === 'datacontenttype') headers['content-type'] = text
    else headers[nameOf(name)] = text
  }
  return readMessage(inner, channel, {
    headers,
    data,
    // Every copy is one delivery: there is no second that would have to have the same.
    fallbackId: () => foreignId(`redis/${channel.name}/${now()}/${decoder.decode(bytes)}`),
    fallbackTime: now,
  })
}

function nameOf(name: string): string {
  if (name.startsWith(escaped)) return name.slice(escaped.length)
  return attributes.has(name) ? inner.prefix + name : name
}

/** Ours: values before the payload are text, in which the mark cannot stand. */
function split(bytes: Buffer): Parsed | undefined {
  if (!bytes.subarray(0, 20).equals(opening) || bytes.at(-1) !== 0x7d) return undefined
  const at = bytes.indexOf(payloadMark)
  if (at < 0) return undefined
  try {
    const event: unknown = JSON.parse(`${bytes.toString('utf8', 0, at)}}`)
    const isFlat = isObject(event) && Object.values(event).every((value) => typeof value === 'string')
    return isFlat ? { event, data: bytes.subarray(at + payloadMark.length, -1) } : undefined
  } catch {
    return undefined
  }
}

const opening = Buffer.from('{"specversion":"1.0"')

function parse(bytes: Buffer): Parsed | undefined {
  try {
    const event: unknown = JSON.parse(bytes.toString())
    if (!isObject(event) || typeof event.specversion !== 'string') return undefined
    const { data, data_base64: packed } = event
    if (typeof packed === 'string') return { event, data: Buffer.from(packed, 'base64') }
    return { event, data: Buffer.from(data === undefined ? '' : JSON.stringify(data)) }
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
