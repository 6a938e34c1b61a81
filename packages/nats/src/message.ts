/** Messages as NATS carries them: CloudEvents attributes as headers (`ce-…`), the payload as it is. */

import { HeaderDialect, readMessage, writeHeaders } from '@busbar/adapter'
import type { Channel, Message } from 'busbar/transport'
import { attributes, type HeaderRecord } from './wire-headers.js'

const dialect = new HeaderDialect({ prefix: attributes })

export function messageHeaders(channel: Channel, message: Message): Record<string, string> {
  return writeHeaders(dialect, channel, message)
}

export interface Arrived {
  readonly headers: HeaderRecord
  readonly data: Uint8Array
  /** The address that its subject stands for. */
  readonly address: () => string
  /** For one that came without an id. */
  readonly makeId: () => string
  /** Wall time in ms at which the server took it, or it arrived. */
  readonly time: () => number
}

/** Ours or a foreign one: what is missing is made of where it was found. */
export function toMessage(channel: Channel, { headers, data, address, makeId, time }: Arrived): Message {
  const isOurs = headers['ce-type'] === channel.name
  return readMessage(dialect, channel, {
    headers,
    data,
    address: isOurs ? undefined : address(),
    fallbackId: makeId,
    fallbackTime: time,
  })
}
