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

const streams = [
  'stream',
  'stream.groups',
  'stream.offset',
  'stream.time',
  'stream.receipts',
  'stream.retention',
] as const
const requests = ['request', 'request.cancel', 'request.streamed'] as const
const queues = [
  'queue',
  'queue.retry',
  'queue.delay',
  'queue.priority',
  'queue.order',
  'queue.expiry',
  'queue.lease',
] as const

const profiles: Readonly<Record<BrokerName, BrokerProfile>> = {
  amqp: {
    lacks: ['event.block', ...streams, 'dedupe', 'inspect'],
    maxMessageBytes: 16 * mebibyte,
    maxDelayMs: yearMs,
  },
  kafka: {
    lacks: ['event.block', 'queue.priority', 'queue.expiry', ...requests, 'pair', 'dedupe', 'inspect'],
    maxMessageBytes: mebibyte,
    maxDelayMs: 604_800_000,
  },
  nats: {
    lacks: ['event.block', 'queue.priority', 'queue.order', 'inspect'],
    maxMessageBytes: 1_032_192,
    maxDelayMs: yearMs,
  },
  rabbitmq: {
    lacks: ['event.block', 'queue.order', 'stream.receipts', 'dedupe', 'inspect'],
    maxMessageBytes: 16 * mebibyte,
    maxDelayMs: 2_592_000_000,
  },
  redis: {
    lacks: ['event.block'],
    maxMessageBytes: 16 * mebibyte,
    maxDelayMs: yearMs,
  },
  sqs: {
    lacks: ['event.block', 'queue.priority', ...requests, ...streams, 'pair', 'dedupe', 'inspect'],
    maxMessageBytes: 761_856,
    maxDelayMs: 900_000,
  },
  zeromq: {
    lacks: ['event.block', 'event.retry', ...queues, ...streams, 'deadletters', 'dedupe', 'inspect'],
    maxMessageBytes: 16 * mebibyte,
    maxDelayMs: 0,
  },
}

/** Adapters that have a feature on a server with its defaults. */
export function brokersWith(feature: Feature): readonly string[] {
  return Object.entries(profiles)
    .filter(([, { lacks }]) => !lacks.includes(feature))
    .map(([name]) => name)
}

/** INVALID_OPTION for a broker without a profile. */
export function profileOf(name: string): BrokerProfile {
  if (Object.hasOwn(profiles, name)) return profiles[name as BrokerName]
  throw new BusError(
    'INVALID_OPTION',
    `memory() has no profile "${name.slice(0, 40)}"; there are ${Object.keys(profiles).join(', ')}.`,
  )
}
