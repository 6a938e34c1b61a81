/** Hosts, channels and messages for tests that use the transport without a bus. */

import { decode, makeChannel, makeMessage } from '@busbar/conformance'
import {
  type Channel,
  type Clock,
  type Connect,
  createIds,
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
  return makeChannel(kind, `airport.t${makeId().slice(-12)}`, {
    params,
    guarantees: { maxBytes: 262_144, ...guarantees },
  })
}

export function messageOf(channel: Channel, value: unknown, more: Partial<Message> = {}): Message {
  return { ...makeMessage(channel, value, { id: makeId(), time: Date.now() }), ...more }
}

export const payloadOf = ({ body }: Message): unknown => decode(body.bytes())

/** Waits for something that other parties bring about. */
export function awaited<T>(): { readonly promise: Promise<T>; readonly give: (value: T) => void } {
  let give: (value: T) => void = () => {}
  const promise = new Promise<T>((resolve) => {
    give = resolve
  })
  return { promise, give }
}
