/** Transports of the memory wire under one manual clock, with a consumer that writes down what it gets. */

import { EncodedBody } from '../../src/body.js'
import type { Channel, Guarantees, Kind } from '../../src/channel.js'
import { type MemoryOptions, memory } from '../../src/memory/memory.js'
import { done } from '../../src/outcome.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import type {
  ConsumeRequest,
  Deliver,
  Delivery,
  Message,
  Part,
  Peer,
  PublishRequest,
} from '../../src/transport.js'

export const never = new AbortController().signal

export const channelOf = (kind: Kind, guarantees: Partial<Guarantees> = {}): Channel => ({
  name: 'airport.landed',
  kind,
  params: [],
  guarantees: {
    tracked: kind !== 'event',
    retry: { attempts: 3, backoff: 'fixed', initialMs: 100, maxMs: 100 },
    leaseMs: 30_000,
    ordered: false,
    priority: false,
    ttlMs: undefined,
    dedupeMs: undefined,
    maxBytes: 1_048_576,
    durable: false,
    keepMs: undefined,
    keepCount: undefined,
    keepBytes: undefined,
    streamed: false,
    ...guarantees,
  },
  fingerprint: 'f',
})

export const messageOf = (id: string, bytes = 2): Message => ({
  id,
  address: 'airport.landed',
  key: undefined,
  headers: {},
  time: 0,
  body: new EncodedBody('json', new Uint8Array(bytes)),
})

export const publishOf = (channel: Channel, id: string, bytes?: number): PublishRequest => ({
  channel,
  message: { ...messageOf(id, bytes), address: channel.name },
})

export const consumeOf = (channel: Channel, request: Partial<ConsumeRequest> = {}): ConsumeRequest => ({
  channel,
  pattern: channel.name,
  group: undefined,
  concurrency: 1,
  onGap() {},
  ...request,
})

export const answer = (end = true): Part => ({ body: new EncodedBody('json', new Uint8Array(1)), end })

/** Long enough for everything that is deferred. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 32; turn++) await Promise.resolve()
}

/** A handler whose deliveries are settled by hand. */
export function byHand() {
  const deliveries: Delivery[] = []
  const finish: (() => void)[] = []
  const deliver: Deliver = (delivery) => {
    deliveries.push(delivery)
    return new Promise((resolve) => {
      finish.push(() => resolve(done))
    })
  }
  return { deliver, deliveries, finish }
}

/** A peer that writes down what it hears. */
export function listener() {
  const heard: string[] = []
  const peer: Peer = {
    part: () => void heard.push('part'),
    closed: ({ code }) => void heard.push(code),
  }
  return { peer, heard }
}

export function memoryWorld(options: MemoryOptions = {}) {
  const clock = new ManualClock()
  const connect = memory(options)
  const open = (factory = connect) =>
    factory({ service: 's', instance: 'i', clock, random: () => 0.5, onState() {} })
  return { clock, open }
}
