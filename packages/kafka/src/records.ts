/** Messages as records and back: CloudEvents attributes as headers, in the spelling of Kafka's protocol binding. */

import { foreignId, HeaderDialect, readMessage, writeHeaders } from '@busbar/adapter'
import type { KafkaRecord, RecordsBatch } from '@platformatic/kafka'
import type { Channel, Message } from 'busbar/transport'
import type { Payload } from './wire/batch.js'

const dialect = new HeaderDialect({ prefix: 'ce_' })
const controlBit = 1 << 5
const appendTimeBit = 1 << 3

/** A record as a consumer sees it. */
export interface Fetched {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly time: number
  readonly key: Buffer | null
  /** Null is what Kafka calls a tombstone. */
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export function payloadOf(
  channel: Channel,
  message: Message,
  extra: Readonly<Record<string, string>> = {},
): Payload {
  const bytes = message.body.bytes()
  return {
    key: message.key === undefined ? undefined : Buffer.from(message.key),
    value: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    headers: headersOf({ ...writeHeaders(dialect, channel, message), ...extra }),
  }
}

export function headersOf(headers: Readonly<Record<string, string>>): Map<Buffer, Buffer> {
  const all = new Map<Buffer, Buffer>()
  for (const [name, value] of Object.entries(headers)) all.set(Buffer.from(name), Buffer.from(value))
  return all
}

/** A record of ours or of a foreign producer, whose id is then made of its place. */
export function messageOf(channel: Channel, record: Fetched): Message {
  return readMessage(dialect, channel, {
    headers: record.headers,
    data: record.value ?? new Uint8Array(0),
    key: record.key?.toString(),
    fallbackId: () => foreignId(`kafka/${record.topic}/${record.partition}/${record.offset}`),
    fallbackTime: record.time,
  })
}

/** The records of batches from an offset on, without the marks of transactions. */
export function* recordsIn(
  topic: string,
  partition: number,
  batches: readonly RecordsBatch[],
): Generator<Fetched> {
  for (const batch of batches) {
    if ((batch.attributes & controlBit) !== 0) continue
    const isAppendTime = (batch.attributes & appendTimeBit) !== 0
    for (const record of batch.records) {
      yield {
        topic,
        partition,
        offset: Number(batch.firstOffset) + record.offsetDelta,
        time: Number(isAppendTime ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta),
        key: record.key,
        value: record.value,
        headers: textHeaders(record),
      }
    }
  }
}

function textHeaders({ headers }: KafkaRecord): Record<string, string> {
  // Without a prototype any name is plain data.
  const texts: Record<string, string> = Object.create(null)
  for (const [name, value] of headers) {
    if (name !== null) texts[name.toString()] = value?.toString() ?? ''
  }
  return texts
}
