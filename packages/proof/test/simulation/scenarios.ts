/** The channels that are simulated: each asks for something else, all are durable and have short times. */

import type { Channel, EngineLimits, Guarantees } from 'busbar/transport'

export interface Scenario {
  readonly channel: Channel
  readonly limits: EngineLimits
  readonly crashFails: boolean
}

export const attempts = 3
export const leaseMs = 500
export const dedupeMs = 2_000
export const ttlMs = 1_500

function scenario(
  kind: Channel['kind'],
  guarantees: Partial<Guarantees>,
  { limits = {}, crashFails = false }: Partial<Scenario> = {},
): Scenario {
  const channel: Channel = {
    name: 'airport.topic',
    kind,
    params: ['place'],
    guarantees: {
      tracked: true,
      retry: { attempts, backoff: 'fixed', initialMs: 100, maxMs: 100 },
      leaseMs,
      ordered: false,
      priority: false,
      ttlMs: undefined,
      dedupeMs: undefined,
      maxBytes: 1_000_000,
      durable: true,
      keepMs: undefined,
      keepCount: undefined,
      keepBytes: undefined,
      streamed: false,
      ...guarantees,
    },
    fingerprint: 'first',
  }
  return { channel, limits, crashFails }
}

export const queues = {
  plain: scenario('queue', { dedupeMs }),
  ordered: scenario('queue', { ordered: true }),
  urgent: scenario('queue', { priority: true, ttlMs }, { limits: { deadLetters: 2 } }),
  'ordered and urgent': scenario('queue', { ordered: true, priority: true, ttlMs, dedupeMs }),
  embedded: scenario('queue', { dedupeMs }, { crashFails: true, limits: { deadLetters: 2 } }),
}

export const events = {
  events: scenario('event', { dedupeMs }),
  'ordered events': scenario('event', { ordered: true, ttlMs }, { limits: { deadLetters: 3 } }),
}

export const streams = {
  stream: scenario('stream', { dedupeMs }),
  'short stream': scenario('stream', { keepCount: 6, dedupeMs }, { limits: { deadLetters: 2 } }),
  'young stream': scenario('stream', { keepMs: 1_000, ordered: true }),
  'embedded stream': scenario('stream', { keepBytes: 10_000 }, { crashFails: true }),
}
