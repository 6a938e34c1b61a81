/** Messages as records of a stream, and back. */

import { foreignId } from '@busbar/adapter'
import type { Channel, Message } from 'busbar/transport'
import type { AsyncMessage } from 'rabbitmq-client'
import type { Context } from '../context.js'
import { headersOf, readArrived, writeEnvelope } from '../envelope.js'
import type { Posting } from '../publisher.js'

/** When it was appended, in ms since the epoch: the message may be older. */
const appendedHeader = 'busbar-appended'

/** So many are read ahead of what is settled. */
export const windowRecords = 256

export function postingOf(
  { host, names }: Context,
  channel: Channel,
  message: Message,
): Omit<Posting, 'signal'> {
  const route = { exchange: '', routingKey: names.channel(channel), durable: true, mandatory: true }
  const envelope = writeEnvelope(channel, message, route)
  envelope.headers[appendedHeader] = String(host.clock.now())
  return { envelope, body: message.body.bytes(), mayRepeat: true }
}

/** When a record was appended; of foreign ones what their publishers say, to the second. */
export function timeOf({ headers, timestamp }: AsyncMessage): number {
  const time = Number(headers?.[appendedHeader] ?? Number.NaN)
  if (Number.isFinite(time)) return time
  return timestamp === undefined ? Number.POSITIVE_INFINITY : timestamp * 1_000 + 999
}

/** What a foreign program left out is the same whoever reads the record, except a time that it did not write. */
export function recordsOf({ host, names }: Context, channel: Channel) {
  const queue = names.channel(channel)
  return (arrived: AsyncMessage, offset: number): Message =>
    readArrived(channel, arrived, headersOf(arrived), {
      id: () => foreignId(`rabbitmq/${queue}/${offset}`),
      now: () => host.clock.now(),
    })
}
