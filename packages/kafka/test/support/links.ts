/** A link and messages without a bus, for tests of what the broker sees. */

import { makeChannel, makeMessage } from '@busbar/conformance'
import {
  type Channel,
  type ConsumeRequest,
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
  return makeChannel(kind, name, { guarantees })
}

export function messageFor(
  channel: Channel,
  id: string,
  value: unknown,
  more: Partial<Message> = {},
): Message {
  return { ...makeMessage(channel, value, { id, time: 1_700_000_000_000 }), ...more }
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
