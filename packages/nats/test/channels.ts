/** Channels and messages as a bus would make them. */

import { type Channel, EncodedBody, type Guarantees, type Kind, type Message } from 'busbar/transport'

const plain: Guarantees = {
  tracked: false,
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
  { params = [], ...guarantees }: Partial<Guarantees> & { params?: readonly string[] } = {},
): Channel {
  const tracked = kind === 'queue' || kind === 'stream'
  return { kind, name, params, guarantees: { ...plain, tracked, ...guarantees }, fingerprint: '0' }
}

export function messageOf(channel: Channel, value: unknown, more: Partial<Message> = {}): Message {
  const body = new EncodedBody('json', new TextEncoder().encode(JSON.stringify(value)))
  return {
    id: crypto.randomUUID(),
    address: channel.name,
    key: undefined,
    headers: {},
    time: 1_000,
    body,
    ...more,
  }
}

export const payloadOf = (message: Message): unknown =>
  JSON.parse(new TextDecoder().decode(message.body.bytes()))
