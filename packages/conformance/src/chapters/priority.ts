/** Priorities: 9 first, equals in order. */

import { chapter } from '../case.js'
import { expectSame } from '../expectation.js'
import { valuesOf } from '../seam/values.js'

const priority = { priority: true }

export const priorities = chapter('priority', [
  {
    name: 'highest-first',
    title: 'of what waits, the highest priority goes first',
    proves: 'queue.priority',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: priority })
      for (const level of [3, 0, 9, 5, 1, 7, 2, 8, 4, 6])
        await link.publish(topic, level, { priority: level })
      const inbox = await link.consume(topic)
      expectSame(valuesOf(await inbox.take(10, 'messages')), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 'messages')
    },
  },
  {
    name: 'equals-in-order',
    title: 'E4 messages of one priority keep their order',
    proves: 'queue.priority',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: priority })
      for (const value of ['a', 'b', 'c']) await link.publish(topic, value, { priority: 1 })
      for (const value of ['x', 'y', 'z']) await link.publish(topic, value, { priority: 4 })
      const inbox = await link.consume(topic)
      expectSame(valuesOf(await inbox.take(6, 'messages')), ['x', 'y', 'z', 'a', 'b', 'c'], 'messages')
    },
  },
  {
    name: 'none-is-lowest',
    title: 'a message without a priority counts as 0',
    proves: 'queue.priority',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: priority })
      await link.publish(topic, 'none')
      await link.publish(topic, 'zero', { priority: 0 })
      await link.publish(topic, 'one', { priority: 1 })
      const inbox = await link.consume(topic)
      expectSame(valuesOf(await inbox.take(3, 'messages')), ['one', 'none', 'zero'], 'messages')
    },
  },
])
