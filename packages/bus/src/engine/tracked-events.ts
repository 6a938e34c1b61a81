/** Serves a channel of tracked events: at least once to each group, kept for named groups whose members are away. */

import { createDeadLetters } from './dead-letters.js'
import { createGroupQueue } from './group-queue.js'
import type { CreateChannelBroker, GroupQueue } from './parts.js'
import { queueFull } from './queue-full.js'
import { createSubscriptions } from './subscriptions.js'
import { createTally, stateOf } from './tally.js'

/**
 * A named group outlives its members, so that nothing is lost while a service restarts; `purge` removes those that
 * nobody is in, unless dead letters may have to go back to one of them. A full group refuses the publish for all
 * groups, since a promise to one of them could not be kept.
 */
export const createTrackedEvents: CreateChannelBroker = (channel, host) => {
  const tally = createTally()
  const dead = createDeadLetters(host.limits.deadLetters, host.limits.deadLetterBytes, tally)
  const groups = createSubscriptions<GroupQueue>(channel, host.limits, (name) => {
    const transient = name === undefined
    const onEmpty = (): void => {
      if (transient) leaving.add(group)
      sweep()
    }
    const group: GroupQueue = createGroupQueue(host, {
      channel,
      group: name,
      tally,
      dead,
      transient,
      onEmpty,
      onSettled: sweep,
    })
    return group
  })
  /** Without members, but with claims that can still be settled. */
  const leaving = new Set<GroupQueue>()
  const sweep = (): void => {
    for (const group of leaving) {
      if (group.held > 0) continue
      leaving.delete(group)
      groups.remove(group)
    }
  }

  return {
    publish({ message, delayMs, priority }) {
      const routes = groups.match(message.address)
      const { size } = message.body
      for (const group of routes)
        if (!leaving.has(group) && !group.hasRoom(size)) throw queueFull(channel, host.limits)
      if (routes.length > 0) message.body.retain()
      for (const group of routes) if (!leaving.has(group)) group.offer(message, { delayMs, priority })
      return { id: message.id, level: 'accepted' }
    },
    consume: ({ group, pattern }, sink) => groups.enter(group, pattern).join(sink),
    inspect: () => stateOf(tally, groups.values()),
    purge() {
      let count = 0
      for (const group of [...groups.values()]) {
        count += group.purge()
        // A dead letter goes back to its group, which must be there for that.
        if (group.members > 0 || dead.size > 0) continue
        groups.remove(group)
        group.close('CLOSED')
      }
      return count
    },
    dead,
    close() {
      for (const group of groups.values()) group.close('CLOSED')
    },
  }
}
