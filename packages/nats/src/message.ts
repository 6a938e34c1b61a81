/** Messages as NATS carries them: CloudEvents attributes as headers (`ce-…`), the payload as it is. */

import { foreignId, HeaderDialect, readMessage, writeHeaders } from '@busbar/adapter'
import { headers as createHeaders, type MsgHdrs } from '@nats-io/transport-node'
import type { Channel, Message } from 'busbar/transport'

export const dialect = new HeaderDialect({ prefix: 'ce-' })

/** Instructions to the server, of no meaning to who reads. */
const ofServer = 'Nats-'

export type HeaderRecord = Readonly<Record<string, string>>

/** The headers of a message, the given ones beside them. */
export function messageHeaders(channel: Channel, message: Message, more: HeaderRecord = {}): MsgHdrs {
  return toNats({ ...writeHeaders(dialect, channel, message), ...more })
}

export function toNats(record: HeaderRecord): MsgHdrs {
  const headers = createHeaders()
  for (const name of Object.keys(record)) {
    const value = record[name] ?? ''
    headers.append(name, name.startsWith(dialect.prefix) ? encode(value) : value)
  }
  return headers
}

/** The first value of each header that is not meant for the server. */
export function fromNats(headers: MsgHdrs | undefined): HeaderRecord {
  // Names come from strangers: none may be taken for one that objects have.
  const record: Record<string, string> = Object.create(null)
  if (headers === undefined) return record
  for (const [name, values] of headers) {
    if (name.startsWith(ofServer)) continue
    const value = values[0] ?? ''
    record[name] = name.startsWith(dialect.prefix) ? decode(value) : value
  }
  return record
}

export interface Arrived {
  readonly headers: HeaderRecord
  readonly data: Uint8Array
  /** The address that its subject stands for. */
  readonly address: string
  /** Where it is kept, for those that came without an id; undefined when it is not kept. */
  readonly place?: string | undefined
  /** Wall time in ms at which the server took it, or it arrived. */
  readonly time: number
}

/** Ours or a foreign one: what is missing is made of where it was found. */
export function toMessage(channel: Channel, arrived: Arrived, makeId: () => string): Message {
  const { headers, data, address, place, time } = arrived
  const isOurs = headers['ce-type'] === channel.name
  return readMessage(dialect, channel, {
    headers,
    data,
    ...(!isOurs && { address }),
    fallbackId: () => (place === undefined ? makeId() : foreignId(place)),
    fallbackTime: time,
  })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what CloudEvents wants to have encoded
const odd = /[\u0000-\u0020"%\u007f-\u{10ffff}]/gu

/** As the CloudEvents bindings say: spaces, quotes, percent signs and all beyond ASCII. */
function encode(value: string): string {
  return value.replace(odd, (char) =>
    char.length === 1 && /[\ud800-\udfff]/.test(char) ? '%EF%BF%BD' : encodeURIComponent(char),
  )
}

function decode(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
