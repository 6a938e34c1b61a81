/** What becomes of a tracked message that was not done: put back, put off, or buried, each before it is settled. */

import { attemptHeader, firstFailureHeader, readFailure, writeFailure, writeLetter } from '@busbar/adapter'
import type { Channel, DeadReason, Failure, Message, Outcome } from 'busbar/transport'
import { batchBytesOf, type KafkaLink } from './link.js'
import { type Fetched, payloadOf } from './records.js'

/** When a record of a `later` topic falls due: wall time in ms. */
export const dueHeader = 'busbar-due'

/** A message in hand, with what its record says about its past. */
export interface Tried {
  readonly channel: Channel
  readonly group: string | undefined
  readonly message: Message
  readonly record: Fetched
  readonly attempt: number
  /** Of a try in this process, where the record cannot tell of it. */
  readonly firstFailure?: Failure | undefined
  /** How often it was handed out. */
  readonly acquired: number
}

/** Failed deliveries that a record's headers tell of. */
export function failedBefore(record: Fetched): number {
  const count = Number(record.headers[attemptHeader] ?? 0)
  return Number.isInteger(count) && count > 0 ? count : 0
}

function firstFailureOf({ record, firstFailure }: Tried, failure: Failure | undefined): Failure | undefined {
  return readFailure(record.headers[firstFailureHeader]) ?? firstFailure ?? failure
}

/** Sends a copy that counts `failed` tries, at once or to be moved when it is due. */
export async function putBack(
  link: KafkaLink,
  tried: Tried,
  failed: number,
  afterMs = 0,
  failure?: Failure,
): Promise<void> {
  const { channel, group, message } = tried
  const { names, producer, host } = link
  const first = writeFailure(firstFailureOf(tried, failure))
  const extra = {
    [attemptHeader]: String(failed),
    ...(first !== undefined && { [firstFailureHeader]: first }),
    ...(afterMs > 0 && { [dueHeader]: String(host.clock.now() + afterMs) }),
  }
  const topic = afterMs > 0 ? names.later(channel.name, group) : names.again(channel.name, group)
  await producer.send(topic, payloadOf(channel, message, extra), { batchBytes: batchBytesOf(channel) })
}

/** Sends the dead letter; resolves with its receipt. */
export async function bury(
  link: KafkaLink,
  tried: Tried,
  reason: DeadReason,
  attempts: number,
  failure: Failure | undefined,
): Promise<void> {
  const { channel, group, message, acquired } = tried
  const letter = writeLetter({
    reason,
    group,
    attempts,
    acquired,
    firstFailure: firstFailureOf(tried, failure),
    lastFailure: failure,
    diedAt: link.host.clock.now(),
  })
  const { headers, value } = payloadOf(channel, message, letter)
  // The topic is compacted by this key; the key of the message is kept in a header.
  await link.producer.send(link.names.dead(channel.name), {
    key: letterKey(message.id, group),
    value,
    headers,
  })
}

/** What a letter is kept under; a record without a value under the same key removes it. */
export function letterKey(id: string, group: string | undefined): Buffer {
  return Buffer.from(group === undefined ? id : `${id} ${group}`)
}

/** Carries out an outcome of a delivery; the record may be accepted when it resolves. */
export function carryOut(link: KafkaLink, tried: Tried, outcome: Outcome): Promise<void> | undefined {
  const { attempt } = tried
  switch (outcome.kind) {
    case 'done':
    case 'drop':
      return undefined
    case 'retry':
      return putBack(link, tried, attempt, outcome.afterMs, outcome.failure)
    case 'reject':
      return bury(link, tried, outcome.reason, attempt, outcome.failure)
  }
}
