/** What a topic needs at the server, as data. */

import type { Resource, Settings as ResourceSettings } from '@busbar/adapter'
import { BusError, type Channel } from 'busbar/transport'
import { consumerOf, createNames, later, type Names, workers } from './names.js'
import { type NatsOptions, type Settings, settle } from './options.js'

/** Resends of one publish are told apart from new ones for so long. */
const resendWindowMs = 120_000
/** The server takes no shorter age and no shorter window. */
const shortestMs = 100

/**
 * Everything that `nats(options)` makes at the server for these topics, in the order in which it is made. Events that
 * are not tracked, requests and pairs need nothing.
 */
export function plan(
  topics: readonly { readonly channel: Channel }[],
  options: NatsOptions,
): readonly Resource[] {
  const settings = settle(options)
  const names = createNames(settings.prefix)
  return topics.flatMap(({ channel }) => resourcesOf(channel, names, settings))
}

/** Whether messages of the channel are kept by JetStream. */
export function isKept({ kind, guarantees }: Channel): boolean {
  return kind === 'queue' || kind === 'stream' || (kind === 'event' && guarantees.tracked)
}

export function resourcesOf(channel: Channel, names: Names, settings: Settings): readonly Resource[] {
  if (!isKept(channel)) return []
  const stream = {
    type: 'stream',
    name: names.stream(channel),
    settings: streamSettings(channel, names, settings),
  }
  const dead = {
    type: 'stream',
    name: names.deadStream(channel),
    settings: deadSettings(channel, names, settings),
  }
  const all = [channel.name, ...channel.params.map(() => '*')].join('.')
  const groups = channel.kind === 'queue' ? [] : (settings.groups[channel.name] ?? [])
  return [
    stream,
    dead,
    ...(channel.kind === 'queue' ? queueConsumers(channel, names) : []),
    ...groups.map((group) => groupConsumer(channel, names, consumerOf(channel, group, all))),
  ]
}

function streamSettings(channel: Channel, names: Names, settings: Settings): ResourceSettings {
  const { kind, guarantees } = channel
  const { dedupeMs, keepMs, keepCount, keepBytes } = guarantees
  const ageMs = keepMs === undefined ? undefined : Math.max(keepMs, shortestMs)
  if (ageMs !== undefined && dedupeMs !== undefined && Math.max(dedupeMs, shortestMs) > ageMs) {
    throw new BusError(
      'UNSUPPORTED',
      `"${channel.name}": NATS forgets ids with their records, so dedupeMs (${dedupeMs}) must not be above keepMs (${keepMs}).`,
    )
  }
  const own = names.all(channel)
  const subjects = {
    queue: [own, names.later(channel)],
    event: [own, names.again(channel)],
    stream: [own],
  }[kind === 'queue' || kind === 'event' ? kind : 'stream']
  const windowMs =
    dedupeMs !== undefined
      ? Math.max(dedupeMs, shortestMs)
      : Math.min(resendWindowMs, ageMs ?? resendWindowMs)
  return {
    subjects: subjects.join(' '),
    description: `Busbar ${kind} ${channel.name}`,
    retention: { queue: 'workqueue', event: 'interest', stream: 'limits' }[
      kind === 'queue' || kind === 'event' ? kind : 'stream'
    ],
    storage: 'file',
    replicas: settings.replicas,
    duplicateWindowMs: windowMs,
    ...(ageMs !== undefined && { maxAgeMs: ageMs }),
    ...(keepCount !== undefined && { maxMessages: keepCount }),
    ...(keepBytes !== undefined && { maxBytes: keepBytes }),
  }
}

function deadSettings(channel: Channel, names: Names, { replicas }: Settings): ResourceSettings {
  return {
    subjects: `${names.dead(channel)} ${names.failed(channel, '*')}`,
    description: `Busbar dead letters ${channel.name}`,
    retention: 'limits',
    storage: 'file',
    replicas,
    duplicateWindowMs: resendWindowMs,
  }
}

function queueConsumers(channel: Channel, names: Names): readonly Resource[] {
  const stream = names.stream(channel)
  return [
    consumer(stream, workers, channel.guarantees.leaseMs, { filter: names.all(channel) }),
    consumer(stream, later, 30_000, { filter: names.later(channel) }),
  ]
}

/** In an ordered stream nothing may overtake a record that is tried again: one after the other. */
export function groupConsumer(channel: Channel, names: Names, name: string): Resource {
  const isSerial = channel.kind === 'stream' && channel.guarantees.ordered
  return consumer(names.stream(channel), name, channel.guarantees.leaseMs, {
    maxAckPending: isSerial ? 1 : -1,
  })
}

function consumer(stream: string, name: string, ackWaitMs: number, more: ResourceSettings): Resource {
  return {
    type: 'consumer',
    name: `${stream}/${name}`,
    settings: { ackPolicy: 'explicit', ackWaitMs, maxDeliver: -1, maxAckPending: -1, ...more },
  }
}
