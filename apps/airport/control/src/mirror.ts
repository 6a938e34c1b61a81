/** Shows the pages what travels over a broker: browsers reach the hub only, so what they watch is told there once more. */

import { airport } from '@airport/contracts'
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

export interface Mirror {
  /** Of the broker's wire. */
  readonly name: string
  /** Topics that travel over the broker. */
  readonly carried: readonly string[]
  close(): Promise<void>
}

/** Tells the hub what a broker carries until it is closed. Leaves no link open when it rejects. */
export async function mirror(broker: Connect, hub: Connect): Promise<Mirror> {
  const never = new AbortController().signal
  const open: Transport[] = []
  const close = async (): Promise<void> => {
    for (const wire of open) await wire.close(AbortSignal.timeout(1_000))
  }
  try {
    const from = await broker(host)
    open.push(from)
    const to = await hub(host)
    open.push(to)
    const carried = carriedBy(from)
    const watched = Object.values(airport)
      .map(({ channel }): Channel => channel)
      .filter(({ name, kind }) => carried.includes(name) && (kind === 'event' || kind === 'stream'))
    await Promise.all(watched.map((channel) => copy(channel, from, to, never)))
    return { name: from.name, carried, close }
  } catch (error) {
    await close()
    throw error
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
