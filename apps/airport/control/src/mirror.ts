/** Shows the pages what travels over a broker: browsers reach the hub only, so what they watch is told there once more. */

import { airport } from '@airport/contracts'
import { connect } from '@busbar/connect'
import {
  type Channel,
  type Connect,
  type Host,
  type Message,
  type Outcome,
  systemClock,
  systemRandom,
  type Transport,
} from 'busbar/transport'
import { carriedBy } from './over-broker.js'

const done: Outcome = { kind: 'done' }

const host: Host = {
  ...{ service: 'control', instance: 'mirror', clock: systemClock, random: systemRandom },
  onState() {},
}

/** Tells the hub what a broker carries until it is closed. */
export async function mirror(url: string, hub: Connect): Promise<{ close(): Promise<void> }> {
  const never = new AbortController().signal
  const [from, to] = await Promise.all([connect(url)(host), hub(host)])
  const carried = carriedBy(from)
  const watched = Object.values(airport)
    .map(({ channel }): Channel => channel)
    .filter(({ name, kind }) => carried.includes(name) && (kind === 'event' || kind === 'stream'))
  await Promise.all(watched.map((channel) => copy(channel, from, to, never)))
  return {
    async close() {
      await from.close(AbortSignal.timeout(1_000))
      await to.close(AbortSignal.timeout(1_000))
    },
  }
}

/** Messages go on as they are, ids and all; what is lost meanwhile, a page has missed, and no service. */
async function copy(channel: Channel, from: Transport, to: Transport, signal: AbortSignal): Promise<void> {
  await Promise.all([from.declare(channel, signal), to.declare(channel, signal)])
  const pass = async (message: Message): Promise<Outcome> => {
    await Promise.resolve(to.publish({ channel, message }, signal)).catch(() => undefined)
    return done
  }
  await from.consume(
    {
      channel,
      pattern: [channel.name, ...channel.params.map(() => '*')].join('.'),
      group: undefined,
      // One at a time keeps the order.
      concurrency: 1,
      ...(channel.kind === 'stream' && { start: 'end', inOrder: true }),
      ...(channel.kind === 'event' && { buffer: { messages: 1_000, overflow: 'drop-oldest' } }),
      onGap() {},
    },
    ({ message }) => pass(message),
    signal,
  )
}
