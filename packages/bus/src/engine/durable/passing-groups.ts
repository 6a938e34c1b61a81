/** Consumers without a group on a channel that survives: each its own group in memory, of which nothing is kept. */

import type { Channel } from '../../channel.js'
import type { EngineConsumer, Sink } from '../engine.js'
import { createGroupQueue } from '../group-queue.js'
import type { DeadLetterStore, GroupQueue, PartHost, Tally } from '../parts.js'
import { queueFull } from '../queue-full.js'
import type { Journal } from '../store.js'
import { createSubscriptions } from '../subscriptions.js'
import { createTally } from '../tally.js'
import { createPassingLetters } from './passing-letters.js'

export interface PassingGroups {
  /** Counts of what passed; not to be kept either. */
  readonly tally: Tally
  /** The groups that get what is published to an address. QUEUE_FULL when one of them has no room. */
  match(address: string, size: number): readonly GroupQueue[]
  join(pattern: string, sink: Sink): EngineConsumer
  values(): Iterable<GroupQueue>
}

/** `kept` are the counts that survive: a message that becomes a dead letter moves over to them, and back. */
export function createPassingGroups(
  channel: Channel,
  host: PartHost,
  dead: DeadLetterStore,
  kept: Tally,
  journal: () => Journal,
): PassingGroups {
  const tally = createTally()
  const letters = createPassingLetters(dead, kept, tally, journal)
  /** Without members, but with claims that can still be settled. */
  const leaving = new Set<GroupQueue>()
  const groups = createSubscriptions<GroupQueue>(channel, host.limits, () => {
    const group: GroupQueue = createGroupQueue(host, {
      channel,
      group: undefined,
      tally,
      dead: letters,
      transient: true,
      onEmpty() {
        leaving.add(group)
        sweep()
      },
      onSettled: sweep,
    })
    return group
  })
  const sweep = (): void => {
    for (const group of leaving) {
      if (group.held > 0) continue
      leaving.delete(group)
      groups.remove(group)
    }
  }

  return {
    tally,
    match(address, size) {
      const found = groups.match(address)
      if (found.length === 0) return found
      const open = found.filter((group) => !leaving.has(group))
      for (const group of open) if (!group.hasRoom(size)) throw queueFull(channel, host.limits)
      return open
    },
    join: (pattern, sink) => groups.enter(undefined, pattern).join(sink),
    values: () => groups.values(),
  }
}
