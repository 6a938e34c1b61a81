/** What must exist at the broker for a channel, as data. */

import type { Resource, Settings as ResourceSettings } from '@busbar/adapter'
import type { AnyTopic, Channel, Kind } from 'busbar/transport'
import { createNames, type Names } from './names.js'
import { cursorSettings } from './streams/cursor.js'
import { retentionOf } from './streams/retention.js'

export interface PlanOptions {
  readonly prefix?: string
  readonly groups?: Readonly<Record<string, readonly string[]>>
}

/**
 * The exchange of every channel has the channel's name, so that a name is used for one kind only: the types of
 * exchanges tell the kinds apart, and their durability what is durable. Queues and streams differ by their queue.
 */
const exchangeTypes: Readonly<Record<Kind, string>> = {
  queue: 'direct',
  stream: 'direct',
  event: 'topic',
  request: 'fanout',
  pair: 'headers',
}

/** Quorum queues know no priorities; a classic queue does. */
const queueType = ({ guarantees }: Channel): string => (guarantees.priority ? 'classic' : 'quorum')

/** Of the queues that hold messages of a channel until they are settled. */
export function queueArguments(channel: Channel): Readonly<Record<string, string | number>> {
  const type = queueType(channel)
  return type === 'quorum' ? { 'x-queue-type': type } : { 'x-queue-type': type, 'x-max-priority': 9 }
}

/** In the order in which they are made. */
export function resourcesOf(
  channel: Channel,
  names: Names,
  groups: Readonly<Record<string, readonly string[]>>,
): readonly Resource[] {
  const { kind, guarantees } = channel
  const exchange = names.channel(channel)
  const durable = guarantees.tracked ? guarantees.durable : true
  const main: Resource = {
    type: 'exchange',
    name: exchange,
    settings: { type: exchangeTypes[kind], durable },
  }
  const queue = (name: string): Resource => ({
    type: 'queue',
    name,
    settings: { durable: true, ...queueArguments(channel) },
  })
  const binding = (name: string, key: string): Resource => ({
    type: 'binding',
    name: `${exchange} -> ${name}`,
    settings: { exchange, queue: name, key },
  })
  const kept = { type: 'queue', name: names.dead(channel), settings: deadSettings }
  if (kind === 'queue') return [main, queue(exchange), binding(exchange, channel.name), kept]
  if (kind === 'stream') {
    const stream = {
      type: 'queue',
      name: exchange,
      settings: { durable: true, 'x-queue-type': 'stream', ...retentionOf(guarantees) },
    }
    const cursors = (groups[channel.name] ?? []).map((group) => {
      return { type: 'queue', name: names.group(channel, group, channel.name), settings: cursorSettings }
    })
    return [main, stream, binding(exchange, channel.name), kept, ...cursors]
  }
  if (kind === 'request' || kind === 'pair') {
    const routes = names.routes(channel)
    // Whoever knows only the name of the channel may publish to its exchange.
    const route = { type: 'route', name: `${exchange} -> ${routes}`, settings: { exchange, routes } }
    return [main, { type: 'exchange', name: routes, settings: { type: 'topic', durable: true } }, route]
  }
  if (kind !== 'event' || !guarantees.tracked) return [main]
  const pattern = channel.params.length === 0 ? channel.name : `${channel.name}.**`
  const members = groups[channel.name] ?? []
  return [
    main,
    kept,
    ...members.flatMap((group) => {
      const name = names.group(channel, group, pattern)
      return [queue(name), binding(name, names.bindingKey(channel, pattern))]
    }),
  ]
}

const deadSettings: ResourceSettings = { durable: true, 'x-queue-type': 'quorum' }

/** What delayed messages need beside their queues, which come with the first delay of their length. */
export const delayResource = (names: Names): Resource => ({
  type: 'exchange',
  name: names.delayExchange,
  settings: { type: 'headers', durable: true },
})

/**
 * What will exist at the broker for these topics; `describePlan` prints it. Queues of delays and of single consumers
 * come and go while the services run and are not part of it.
 */
export function plan(topics: readonly AnyTopic[], options: PlanOptions = {}): readonly Resource[] {
  const names = createNames(options.prefix ?? '')
  const all = topics.flatMap(({ channel }) => resourcesOf(channel, names, options.groups ?? {}))
  return all.some(({ type }) => type === 'queue') ? [delayResource(names), ...all] : all
}
