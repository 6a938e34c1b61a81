/** What real brokers lack, so that a test without a server fails where the broker would refuse. */

import type { Feature } from '../capabilities.js'
import { BusError } from '../errors.js'

/** Adapters whose limits the memory wire can take on; `amqp` is ActiveMQ Artemis. */
export type BrokerName = 'amqp' | 'kafka' | 'nats' | 'rabbitmq' | 'redis' | 'sqs' | 'zeromq'

/** As the adapter claims and the conformance suite proves on a server with its defaults. */
export interface BrokerProfile {
  readonly lacks: readonly Feature[]
  readonly maxMessageBytes: number
  readonly maxDelayMs: number
}

const yearMs = 365 * 86_400_000
const mebibyte = 1_048_576

const profiles: Readonly<Record<BrokerName, BrokerProfile>> = {
  amqp: {
    lacks: [
      ...(['event.block', 'dedupe', 'inspect'] as const),
      ...(['stream', 'stream.groups', 'stream.offset', 'stream.time', 'stream.retention'] as const),
    ],
    maxMessageBytes: mebibyte,
    maxDelayMs: yearMs,
  },
  kafka: {
    lacks: [
      ...(['event.block', 'queue.priority', 'queue.expiry', 'dedupe', 'inspect'] as const),
      ...(['request', 'request.cancel', 'request.streamed', 'pair'] as const),
    ],
    maxMessageBytes: mebibyte,
    maxDelayMs: 604_800_000,
  },
  nats: {
    lacks: ['event.block', 'queue.priority', 'queue.order', 'inspect'],
    maxMessageBytes: mebibyte - 16_384,
    maxDelayMs: yearMs,
  },
  rabbitmq: {
    lacks: [
      ...(['event.block', 'queue.order', 'dedupe', 'inspect'] as const),
      ...(['stream', 'stream.groups', 'stream.offset', 'stream.time', 'stream.retention'] as const),
    ],
    maxMessageBytes: 16 * mebibyte,
    maxDelayMs: yearMs,
  },
  redis: { lacks: ['event.block'], maxMessageBytes: 16 * mebibyte, maxDelayMs: yearMs },
  sqs: {
    lacks: [
      ...(['event.block', 'queue.priority', 'dedupe', 'inspect'] as const),
      ...(['stream', 'stream.groups', 'stream.offset', 'stream.time', 'stream.retention'] as const),
      ...(['request', 'request.cancel', 'request.streamed', 'pair'] as const),
    ],
    maxMessageBytes: 172_032,
    maxDelayMs: 900_000,
  },
  zeromq: {
    lacks: [
      ...(['event.block', 'event.retry', 'deadletters', 'dedupe', 'inspect'] as const),
      ...(['queue', 'queue.retry', 'queue.delay', 'queue.priority'] as const),
      ...(['queue.order', 'queue.expiry', 'queue.lease'] as const),
      ...(['stream', 'stream.groups', 'stream.offset', 'stream.time', 'stream.retention'] as const),
    ],
    maxMessageBytes: mebibyte,
    maxDelayMs: 0,
  },
}

/** INVALID_OPTION for a broker without a profile. */
export function profileOf(name: string): BrokerProfile {
  if (Object.hasOwn(profiles, name)) return profiles[name as BrokerName]
  throw new BusError(
    'INVALID_OPTION',
    `memory() has no profile "${name.slice(0, 40)}"; there are ${Object.keys(profiles).join(', ')}.`,
  )
}
