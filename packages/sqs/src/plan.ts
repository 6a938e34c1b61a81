/** Which queues a channel has at the server, as data. */

import type { Resource, Settings } from '@busbar/adapter'
import type { Channel } from 'busbar/transport'
import { baseOf, nameOf, type Role } from './names.js'
import { type SqsOptions, settingsOf } from './options.js'

/** The longest that SQS keeps messages: nothing that must be handled may run out before. */
const longestSeconds = 1_209_600
/** Plain events are for those who listen: a queue of theirs need not outlive a short break. */
const plainSeconds = 300

/** What the names and settings of queues depend on. */
export interface Layout {
  readonly prefix: string | undefined
  readonly maxMessageBytes: number
  readonly fifoEvents: boolean
  readonly groups: ReadonlyMap<string, readonly string[]>
}

/**
 * Order per key needs FIFO queues, so does the order of one publisher's plain events; dead letters are rare enough to
 * be kept in order and once each.
 */
export function isFifo({ fifoEvents }: Layout, { kind, guarantees }: Channel, role: Role['is']): boolean {
  if (role === 'dead' || guarantees.ordered) return true
  return fifoEvents && kind === 'event' && !guarantees.tracked
}

/** The name of the channel's queue in a role. */
export function queueOf(layout: Layout, channel: Channel, role: Role): string {
  return nameOf(baseOf(layout.prefix, channel.name), role, isFifo(layout, channel, role.is))
}

export function resourceOf(layout: Layout, channel: Channel, role: Role): Resource {
  const name = queueOf(layout, channel, role)
  const settings: Settings = {
    ...(name.endsWith('.fifo') && { FifoQueue: 'true' }),
    MaximumMessageSize: String(layout.maxMessageBytes),
    MessageRetentionPeriod: String(channel.guarantees.tracked ? longestSeconds : plainSeconds),
  }
  return { type: 'queue', name, settings }
}

/** The queues that must be there before the first message; those of consumers are made when they come. */
export function resourcesOf(layout: Layout, channel: Channel): readonly Resource[] {
  const groups = channel.kind === 'event' ? (layout.groups.get(channel.name) ?? []) : []
  return [
    ...(channel.kind === 'queue' ? [resourceOf(layout, channel, { is: 'main' })] : []),
    ...groups.map((group) => resourceOf(layout, channel, { is: 'group', group })),
    ...(channel.guarantees.tracked ? [resourceOf(layout, channel, { is: 'dead' })] : []),
  ]
}

/**
 * The queues that will exist for topics before any message flows. Groups that are not declared in `groups` get theirs
 * when their first consumer comes. INVALID_OPTION as `sqs` says it.
 */
export function plan(
  topics: readonly { readonly channel: Channel }[],
  options: SqsOptions = {},
): readonly Resource[] {
  const layout = settingsOf(options)
  return topics.flatMap(({ channel }) => resourcesOf(layout, channel))
}
