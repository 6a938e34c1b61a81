/** Channels and messages as a bus would make them. */

import { decode, makeChannel, makeMessage } from '@busbar/conformance'
import type { Channel, Guarantees, Kind, Message } from 'busbar/transport'

export function channelOf(
  kind: Kind,
  name: string,
  { params = [], ...guarantees }: Partial<Guarantees> & { params?: readonly string[] } = {},
): Channel {
  return makeChannel(kind, name, { params, guarantees, fingerprint: '0' })
}

export function messageOf(channel: Channel, value: unknown, more: Partial<Message> = {}): Message {
  return { ...makeMessage(channel, value, { id: crypto.randomUUID(), time: 1_000 }), ...more }
}

export const payloadOf = ({ body }: Message): unknown => decode(body.bytes())
