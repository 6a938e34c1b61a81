/** Channels, messages and links for tests of the adapter alone. */

import { decode, makeChannel, makeMessage } from '@busbar/conformance'
import {
  type Channel,
  type Guarantees,
  type Host,
  type Kind,
  type Message,
  systemClock,
} from 'busbar/transport'
import { type RedisOptions, redis } from '../../src/index.js'

export function channelOf(
  kind: Kind,
  name: string,
  more: Partial<Guarantees> = {},
  params: string[] = [],
): Channel {
  return makeChannel(kind, name, { params, guarantees: more })
}

export const never = new AbortController().signal

let ids = 0

export function messageOf(channel: Channel, value: unknown, more: Partial<Message> = {}): Message {
  ids += 1
  return { ...makeMessage(channel, value, { id: `m-${ids}`, time: 1_700_000_000_000 }), ...more }
}

export function payloadOf(message: Message): unknown {
  return decode(message.body.bytes())
}

export function hostOf(onState: Host['onState'] = () => {}): Host {
  return { service: 'test', instance: 'test-1', clock: systemClock, random: Math.random, onState }
}

export function linkTo(options: RedisOptions, onState?: Host['onState']) {
  return redis(options)(hostOf(onState))
}
