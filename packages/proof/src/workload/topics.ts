/** The topics of the workload: one of each kind that keeps messages, and plain events. */

import { type AnyTopic, contract, event, queue, stream } from 'busbar'
import type { TopicEvent } from '../history/event.js'
import { Payload } from './payload.js'

export interface TopicsOptions {
  /** Name of the contract; default `proof`. */
  readonly name?: string
  /** Receipts mean "on disk"; default false. */
  readonly durable?: boolean
  /** Default 30,000. */
  readonly leaseMs?: number
}

/** `jobs` in any order, `lanes` in the order of their keys, `notices` for groups, `ticks` at most once, `log` to be read again. */
export function workloadTopics(options: TopicsOptions = {}) {
  const { name = 'proof', durable = false, leaseMs = 30_000 } = options
  const key = (payload: Payload): string => payload.key
  const kept = {
    durable,
    leaseMs,
    dedupeMs: 600_000,
    retry: { attempts: 4, backoff: 'fixed', initialMs: 20, maxMs: 20 },
  } as const
  return contract(name, {
    jobs: queue(Payload, kept),
    lanes: queue(Payload, { ...kept, key }),
    notices: event(Payload, kept),
    ticks: event(Payload),
    log: stream(Payload, { ...kept, keepCount: 10_000_000 }),
  })
}

export type WorkloadTopics = ReturnType<typeof workloadTopics>

/** What a history says first about a topic. */
export function topicEvent({ name, kind, channel }: AnyTopic): TopicEvent {
  if (kind === 'request' || kind === 'pair') throw new TypeError(`"${name}" keeps no messages to be judged.`)
  const { tracked, ordered, durable, retry, leaseMs, dedupeMs, ttlMs } = channel.guarantees
  return {
    op: 'topic',
    topic: name,
    kind,
    tracked,
    ordered,
    durable,
    attempts: retry.attempts,
    leaseMs,
    ...(dedupeMs !== undefined && { dedupeMs }),
    bounded: ttlMs !== undefined,
  }
}
