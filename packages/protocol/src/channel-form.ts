/** A channel as JSON: checked field by field, with `undefined` back where JSON leaves fields out. */

import type { Channel, Guarantees, Kind, RetryPolicy } from 'busbar/transport'
import { amount, flag, list, maybe, oneOf, record, text, whole } from './json-fields.js'

const kinds: readonly Kind[] = ['event', 'queue', 'request', 'stream', 'pair']

export function channelFrom(value: unknown): Channel {
  const from = record(value, 'channel')
  return {
    name: text(from.name, 'name'),
    kind: oneOf(from.kind, kinds, 'kind'),
    params: list(from.params, 'params', text),
    guarantees: guaranteesFrom(from.guarantees),
    fingerprint: text(from.fingerprint, 'fingerprint'),
  }
}

function guaranteesFrom(value: unknown): Guarantees {
  const from = record(value, 'guarantees')
  return {
    tracked: flag(from.tracked, 'tracked'),
    retry: retryFrom(from.retry),
    leaseMs: amount(from.leaseMs, 'leaseMs'),
    ordered: flag(from.ordered, 'ordered'),
    priority: flag(from.priority, 'priority'),
    ttlMs: maybe(from.ttlMs, 'ttlMs', amount),
    dedupeMs: maybe(from.dedupeMs, 'dedupeMs', amount),
    maxBytes: whole(from.maxBytes, 'maxBytes'),
    durable: flag(from.durable, 'durable'),
    keepMs: maybe(from.keepMs, 'keepMs', amount),
    keepCount: maybe(from.keepCount, 'keepCount', whole),
    keepBytes: maybe(from.keepBytes, 'keepBytes', whole),
    streamed: flag(from.streamed, 'streamed'),
  }
}

function retryFrom(value: unknown): RetryPolicy {
  const from = record(value, 'retry')
  return {
    attempts: whole(from.attempts, 'attempts'),
    backoff: oneOf(from.backoff, ['fixed', 'exponential'], 'backoff'),
    initialMs: amount(from.initialMs, 'initialMs'),
    maxMs: amount(from.maxMs, 'maxMs'),
  }
}
