/** From a row to its receipt, by the verb of its topic; and which failures are the row's own fault. */

import type { Bus, EventTopic, QueueTopic, StreamTopic } from 'busbar'
import { type AnyTopic, BusError, isBusError, type Receipt } from 'busbar/transport'
import type { OutboxRow } from './outbox-sql.js'

/** A row that can never be sent as it is; `message` is the reason. */
export class Refused extends Error {}

/** Trying again changes nothing about these. */
const hopeless: ReadonlySet<string> = new Set([
  'SCHEMA_INVALID',
  'UNENCODABLE',
  'DEPTH_EXCEEDED',
  'TOO_LARGE',
  'INVALID_TOPIC',
  'INVALID_OPTION',
])

const sendable: ReadonlySet<string> = new Set(['event', 'queue', 'stream'])

/** Resolves when the message is as safe as its topic promises. Refused, or what the bus says of this try. */
export async function sendRow(
  bus: Bus,
  topics: ReadonlyMap<string, AnyTopic>,
  row: OutboxRow,
  signal: AbortSignal,
): Promise<Receipt> {
  const topic = topics.get(row.topic)
  if (topic === undefined) throw new Refused('No contract of the relay has this topic.')
  if (!sendable.has(topic.kind)) throw new Refused(`The topic has become one of kind "${topic.kind}".`)
  try {
    return await sendBy(bus, topic, parse(row.payload), { ...optionsOf(row), signal })
  } catch (error) {
    if (isBusError(error) && hopeless.has(error.code)) throw new Refused(error.message)
    throw error
  }
}

function optionsOf(row: OutboxRow) {
  return {
    id: row.id,
    headers: parse(row.headers) as Record<string, string>,
    ...(row.key === null ? {} : { key: row.key }),
    ...(row.params === null ? {} : { params: parse(row.params) as Record<string, string> }),
    ...(row.delayMs === null ? {} : { delayMs: row.delayMs }),
    ...(row.priority === null ? {} : { priority: row.priority }),
  }
}

/** `add` has written these texts; whoever writes rows by hand is told what is wrong. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BusError('UNENCODABLE', 'A row of the outbox holds a text that is not JSON.')
  }
}

/** The kind says which topic it is, and the bus checks the value again. */
function sendBy(
  bus: Bus,
  topic: AnyTopic,
  value: unknown,
  options: ReturnType<typeof optionsOf> & { readonly signal: AbortSignal },
): Promise<Receipt> {
  switch (topic.kind) {
    case 'event':
      return bus.publish(topic as EventTopic<unknown, unknown, string>, value, options)
    case 'stream':
      return bus.append(topic as StreamTopic<unknown, unknown, string>, value, options)
    default:
      return bus.send(topic as QueueTopic<unknown, unknown, string>, value, options)
  }
}
