/** Serves a channel of plain events: at most once to each group, nothing kept for those who are not there. */

import { BusError } from '../errors.js'
import type { CreateChannelBroker } from './parts.js'
import { createPlainGroup, defaultBuffer, type PlainGroup } from './plain-group.js'
import { createSubscriptions } from './subscriptions.js'
import { createTally, stateOf } from './tally.js'

export const createPlainEvents: CreateChannelBroker = (channel, host) => {
  const tally = createTally()
  const groups = createSubscriptions<PlainGroup>(channel, host.limits, () => {
    const group: PlainGroup = createPlainGroup(host, tally, () => groups.remove(group))
    return group
  })
  const refuse = (): never => {
    throw new BusError(
      'QUEUE_FULL',
      `${channel.name}: ${host.limits.blockedPublishes} publishes wait already for a subscriber with overflow "block".`,
      { outcome: 'rejected' },
    )
  }

  return {
    publish({ message }) {
      const receipt = { id: message.id, level: 'accepted' } as const
      const routes = groups.match(message.address)
      if (routes.length === 1) {
        const group = routes[0]
        if (group?.accepts === false) refuse()
        const room = group?.offer(message)
        return room === undefined ? receipt : room.then(() => receipt)
      }
      if (routes.length === 0) return receipt
      // Before anybody got it, so that a refusal is a refusal to all.
      for (const group of routes) if (!group.accepts) refuse()
      message.body.retain()
      const waits: Promise<void>[] = []
      for (const group of routes) {
        // What one of them publishes or closes while its buffer is handed out may have emptied another.
        const room = group.members > 0 ? group.offer(message) : undefined
        if (room !== undefined) waits.push(room)
      }
      return waits.length === 0 ? receipt : Promise.all(waits).then(() => receipt)
    },
    consume: ({ group, pattern, buffer }, sink) =>
      groups.enter(group, pattern).join(sink, buffer ?? defaultBuffer),
    inspect: () => stateOf(tally, groups.values()),
    purge() {
      let count = 0
      for (const group of groups.values()) count += group.purge()
      return count
    },
    dead: undefined,
    close() {
      for (const group of groups.values()) group.close('CLOSED')
    },
  }
}
