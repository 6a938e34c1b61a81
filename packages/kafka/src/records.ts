/** Messages as records and back: CloudEvents attributes as headers, in the spelling of Kafka's protocol binding. */

import { foreignId, HeaderDialect, readMessage, writeHeaders } from '@busbar/adapter'
import type { Channel, Message } from 'busbar/transport'
import type { ReadRecord } from './wire/record-reader.js'
import type { Payload } from './wire/record-writer.js'

const dialect = new HeaderDialect({ prefix: 'ce_' })

/** So many of a partition are read ahead of what is settled. */
export const windowRecords = 1_000

/** A record as a consumer sees it. */
export interface Fetched extends ReadRecord {
  readonly topic: string
  readonly partition: number
}

export function payloadOf(
  channel: Channel,
  message: Message,
  extra?: Readonly<Record<string, string>>,
): Payload {
  const headers = writeHeaders(dialect, channel, message)
  return {
    key: message.key === undefined ? undefined : Buffer.from(message.key),
    value: message.body.text?.() ?? bufferOf(message.body.bytes()),
    headers: extra === undefined ? headers : Object.assign(headers, extra),
  }
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

/** A record of ours or of a foreign producer, whose id is then made of its place. */
export function messageOf(channel: Channel, record: Fetched): Message {
  return readMessage(dialect, channel, {
    headers: record.headers,
    data: record.value ?? new Uint8Array(0),
    key: record.key?.toString(),
    fallbackId: () => foreignId(`kafka/${record.topic}/${record.partition}/${record.offset}`),
    fallbackTime: () => record.time,
  })
}

/** What was read of one partition. */
export function placed(topic: string, partition: number, record: ReadRecord): Fetched {
  const { offset, time, key, value, headers } = record
  return { topic, partition, offset, time, key, value, headers }
}
