/** Serves a work queue: one group that every worker is in, and that keeps what nobody has taken yet. */

import { createDeadLetters } from './dead-letters.js'
import { createGroupQueue } from './group-queue.js'
import type { CreateChannelBroker } from './parts.js'
import { queueFull } from './queue-full.js'
import { createTally, stateOf } from './tally.js'
import { takesAll } from './topic-tree.js'

export const createQueue: CreateChannelBroker = (channel, host) => {
  const tally = createTally()
  const dead = createDeadLetters(host.limits.deadLetters, host.limits.deadLetterBytes, tally)
  const workers = createGroupQueue(host, { channel, group: undefined, tally, dead })
  return {
    publish({ message, delayMs, priority }) {
      if (!workers.hasRoom(message.body.size)) throw queueFull(channel, host.limits)
      message.body.retain()
      workers.offer(message, { delayMs, priority })
      return { id: message.id, level: 'accepted' }
    },
    consume: ({ pattern }, sink) =>
      workers.join(sink, takesAll(channel.name, channel.params, pattern) ? undefined : pattern),
    inspect: () => stateOf(tally, [workers]),
    purge: () => workers.purge(),
    dead,
    close: () => workers.close('CLOSED'),
  }
}
