/** What must exist at Kafka for a channel, as data. */

import type { Resource, Settings as ResourceSettings } from '@busbar/adapter'
import type { Channel } from 'busbar/transport'
import { type Names, namesWith } from './names.js'
import { type KafkaOptions, type Settings, settingsOf } from './options.js'

/** Room for headers beside the largest payload. */
export const headerBytes = 65_536
const plainKeepMs = 3_600_000
/** What a broker lets a group ask for, unless it was told otherwise. */
const lock = { leastMs: 15_000, mostMs: 60_000 }
const everything = '-1'
const segment = { leastBytes: 1_048_576, mostBytes: 1_073_741_824 }

type TopicConfig = Readonly<Record<string, string>>

/** The topics and groups that `kafka(options)` provisions for these topics of contracts, in their order. */
export function plan(
  topics: readonly { readonly channel: Channel }[],
  options: KafkaOptions,
): readonly Resource[] {
  const settings = settingsOf(options)
  const names = namesWith(settings.prefix)
  return [registryOf(settings), ...topics.flatMap(({ channel }) => resourcesOf(channel, settings, names))]
}

/** The topic in which channels are written down. */
export function registryOf(settings: Settings): Resource {
  return topicOf(
    namesWith(settings.prefix).registry,
    { ...settings, partitions: 1 },
    {
      'cleanup.policy': 'compact',
    },
  )
}

/** What a channel needs before anybody consumes from it. */
export function resourcesOf(channel: Channel, settings: Settings, names: Names): readonly Resource[] {
  const { name, kind, guarantees } = channel
  // A stream's offsets are dense, so it has one partition.
  const size = kind === 'stream' ? { ...settings, partitions: 1 } : settings
  const config = { ...timed(keepOf(channel, settings)), ...boundedOf(channel), ...diskOf(channel) }
  const main = topicOf(names.topic(name), size, config)
  if (kind === 'stream') return [main, deadOf(channel, settings, names)]
  if (!guarantees.tracked) return [main]
  const groups: readonly (string | undefined)[] =
    kind === 'queue' ? [undefined] : (settings.groups[name] ?? [])
  return [
    main,
    deadOf(channel, settings, names),
    ...groups.flatMap((group) => groupResources(channel, group, settings, names)),
  ]
}

/** What one group of a channel needs: where its retries wait, and the group itself. */
export function groupResources(
  channel: Channel,
  group: string | undefined,
  settings: Settings,
  names: Names,
): readonly Resource[] {
  const config = { ...timed(settings.retentionMs), ...diskOf(channel) }
  const { name, guarantees } = channel
  const later = topicOf(names.later(name, group), settings, config)
  const movers = shareGroup(names.movers(name, group), lock.mostMs)
  // Ordered topics try again in place; only delayed sends wait elsewhere.
  if (guarantees.ordered) return group === undefined ? [later, movers] : []
  const again = group === undefined ? [] : [topicOf(names.again(name, group), settings, config)]
  return [...again, later, movers, shareGroup(names.group(name, group), guarantees.leaseMs)]
}

function deadOf(channel: Channel, settings: Settings, names: Names): Resource {
  const config = { 'cleanup.policy': 'compact', ...diskOf(channel) }
  return topicOf(names.dead(channel.name), { ...settings, partitions: 1 }, config)
}

/** Durable means that the log is flushed before the receipt, as the contract says "on disk". */
function diskOf({ guarantees }: Channel): TopicConfig {
  return guarantees.durable ? { 'flush.messages': '1' } : {}
}

/** The broker removes whole segments, so these are smaller than what is kept. */
function boundedOf({ kind, guarantees: { keepBytes } }: Channel): TopicConfig {
  if (kind !== 'stream' || keepBytes === undefined) return {}
  const bytes = Math.min(segment.mostBytes, Math.max(segment.leastBytes, Math.floor(keepBytes / 4)))
  return { 'segment.bytes': String(bytes) }
}

function keepOf({ kind, guarantees }: Channel, settings: Settings): number {
  if (kind === 'stream') return guarantees.keepMs ?? -1
  return guarantees.tracked ? settings.retentionMs : plainKeepMs
}

function timed(keepMs: number): TopicConfig {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(keepMs),
    'retention.bytes': everything,
    // The time of the broker: the publisher's own may be any, and retention must not follow it.
    'message.timestamp.type': 'LogAppendTime',
  }
}

function topicOf(name: string, settings: Settings, config: TopicConfig): Resource {
  const { partitions, replicationFactor, minInSyncReplicas, maxMessageBytes } = settings
  return {
    type: 'topic',
    name,
    settings: {
      partitions,
      ...(replicationFactor !== undefined && { replicas: replicationFactor }),
      ...config,
      'max.message.bytes': String(maxMessageBytes + headerBytes),
      ...(minInSyncReplicas !== undefined && { 'min.insync.replicas': String(minInSyncReplicas) }),
    } satisfies ResourceSettings,
  }
}

function shareGroup(name: string, leaseMs: number): Resource {
  const lockMs = Math.min(lock.mostMs, Math.max(lock.leastMs, leaseMs))
  return {
    type: 'share group',
    name,
    settings: {
      'share.auto.offset.reset': 'earliest',
      'share.isolation.level': 'read_committed',
      'share.record.lock.duration.ms': String(lockMs),
    },
  }
}
