/** Channels, messages and links for tests of the adapter alone. */

import {
  type Channel,
  EncodedBody,
  type Guarantees,
  type Host,
  type Kind,
  type Message,
  systemClock,
} from 'busbar/transport'
import { type RedisOptions, redis } from '../../src/index.js'

const guarantees: Guarantees = {
  tracked: true,
  retry: { attempts: 5, backoff: 'fixed', initialMs: 1, maxMs: 1 },
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
}

export function channelOf(
  kind: Kind,
  name: string,
  more: Partial<Guarantees> = {},
  params: string[] = [],
): Channel {
  return {
    name,
    kind,
    params,
    guarantees: { ...guarantees, tracked: kind === 'queue' || kind === 'stream', ...more },
    fingerprint: '00c0ffee00c0ffee',
  }
}

export const never = new AbortController().signal

let ids = 0

export function messageOf(channel: Channel, value: unknown, more: Partial<Message> = {}): Message {
  ids += 1
  return {
    id: `m-${ids}`,
    address: channel.name,
    key: undefined,
    headers: {},
    time: 1_700_000_000_000,
    body: new EncodedBody('json', new TextEncoder().encode(JSON.stringify(value))),
    ...more,
  }
}

export function payloadOf(message: Message): unknown {
  return JSON.parse(new TextDecoder().decode(message.body.bytes()))
}

export function hostOf(onState: Host['onState'] = () => {}): Host {
  return { service: 'test', instance: 'test-1', clock: systemClock, random: Math.random, onState }
}

export function linkTo(options: RedisOptions, onState?: Host['onState']) {
  return redis(options)(hostOf(onState))
}
