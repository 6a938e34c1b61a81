/** Hosts, channels and messages for tests that use the transport without a bus. */

import {
  type Channel,
  type Clock,
  type Connect,
  createIds,
  EncodedBody,
  type Guarantees,
  type LinkState,
  type Message,
  systemClock,
  systemRandom,
  type Transport,
} from 'busbar/transport'

export const never = new AbortController().signal
const makeId = createIds(systemClock, systemRandom)

/** Connects as one of a service's instances; told are the changes of state with their reasons. */
export async function open(
  connect: Connect,
  onState: (state: LinkState, reason?: string) => void = () => {},
  clock: Clock = systemClock,
): Promise<Transport> {
  return connect({ service: 'tests', instance: makeId(), clock, random: systemRandom, onState })
}

export function channelOf(
  kind: Channel['kind'],
  guarantees: Partial<Guarantees> = {},
  params: readonly string[] = [],
): Channel {
  return {
    name: `airport.t${makeId().slice(-12)}`,
    kind,
    params,
    guarantees: {
      tracked: kind === 'queue',
      retry: { attempts: 5, backoff: 'fixed', initialMs: 1, maxMs: 1 },
      ...{ leaseMs: 30_000, ordered: false, priority: false, ttlMs: undefined, dedupeMs: undefined },
      ...{ maxBytes: 262_144, durable: false, streamed: false },
      ...{ keepMs: undefined, keepCount: undefined, keepBytes: undefined },
      ...guarantees,
    },
    fingerprint: '0011223344556677',
  }
}

export function messageOf(channel: Channel, value: unknown, more: Partial<Message> = {}): Message {
  const body = new EncodedBody('json', new TextEncoder().encode(JSON.stringify(value)))
  const facts = { id: makeId(), address: channel.name, key: undefined, headers: {}, time: Date.now() }
  return { ...facts, body, ...more }
}

export const payloadOf = ({ body }: Message): unknown => JSON.parse(new TextDecoder().decode(body.bytes()))

/** Waits for something that other parties bring about. */
export function awaited<T>(): { readonly promise: Promise<T>; readonly give: (value: T) => void } {
  let give: (value: T) => void = () => {}
  const promise = new Promise<T>((resolve) => {
    give = resolve
  })
  return { promise, give }
}
