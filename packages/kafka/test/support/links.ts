/** A link and messages without a bus, for tests of what the broker sees. */

import {
  type Channel,
  type ConsumeRequest,
  EncodedBody,
  type Host,
  type Kind,
  type LinkState,
  type Message,
  systemClock,
  type Transport,
} from 'busbar/transport'
import { type KafkaOptions, kafka } from '../../src/index.js'

export const signal = new AbortController().signal

export function openLink(
  options: KafkaOptions,
  onState: (state: LinkState, reason?: string) => void = () => {},
): Promise<Transport> {
  const host: Host = {
    service: 'test',
    instance: 'test-1',
    clock: systemClock,
    random: Math.random,
    onState,
  }
  return kafka(options)(host)
}

export function channelOf(
  kind: Kind,
  name: string,
  guarantees: Partial<Channel['guarantees']> = {},
): Channel {
  return {
    name,
    kind,
    params: [],
    fingerprint: '00c0ffee00c0ffee',
    guarantees: {
      tracked: kind !== 'event',
      retry: { attempts: 3, backoff: 'fixed', initialMs: 1, maxMs: 1 },
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
  }
}

export function messageFor(
  channel: Channel,
  id: string,
  value: unknown,
  more: Partial<Message> = {},
): Message {
  return {
    id,
    address: channel.name,
    key: undefined,
    headers: {},
    time: 1_700_000_000_000,
    body: new EncodedBody('json', Buffer.from(JSON.stringify(value))),
    ...more,
  }
}

/** Consumes, and gives the next message at each call. */
export async function collect(transport: Transport, channel: Channel, more: Partial<ConsumeRequest> = {}) {
  const seen: Message[] = []
  let wake: () => void = () => {}
  const request = { channel, pattern: channel.name, group: undefined, concurrency: 1, onGap() {}, ...more }
  const consumer = await transport.consume(
    request,
    ({ message }) => {
      seen.push(message)
      wake()
      return { kind: 'done' }
    },
    signal,
  )
  return {
    consumer,
    seen,
    async next(): Promise<Message> {
      for (;;) {
        const message = seen.shift()
        if (message !== undefined) return message
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
