/** Messages that nobody handled in time. */

import { done } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame } from '../expectation.js'
import { valuesOf } from '../seam/values.js'
import { within } from '../within.js'

const short = { ttlMs: 60 }

export const expiry = chapter('expiry', [
  {
    name: 'too-late-is-never',
    title: 'Q1 a message that waited longer than its time is not delivered',
    proves: 'queue.expiry',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: short })
      await link.publish(topic, 'old')
      await scene.pause(150)
      const inbox = await link.consume(topic)
      await link.publish(topic, 'marker')
      expectSame((await inbox.next('the marker')).value, 'marker', 'first message')
    },
  },
  {
    name: 'in-time-is-delivered',
    title: 'Q1 a message within its time is delivered',
    proves: 'queue.expiry',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: { ttlMs: 60_000 } })
      await link.publishAll(topic, ['a', 'b'])
      expectSame(valuesOf(await (await link.consume(topic)).take(2, 'messages')), ['a', 'b'], 'messages')
    },
  },
  {
    name: 'a-running-handler-is-left-alone',
    title: 'Q1 a message does not expire in the hands of a worker',
    proves: 'queue.expiry',
    needs: ['inspect'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: short })
      const inbox = await link.consume(topic, { handle: 'hold' })
      await link.publish(topic, 'held')
      const held = await inbox.next('the message')
      await scene.pause(150)
      held.settle(done)
      await within(inbox.consumer.close(), 'close()')
      const state = await link.manage(topic, { op: 'inspect' })
      expectSame([state.done, state.expired + state.dead], [1, 0], 'done, and expired or dead')
    },
  },
  {
    name: 'is-counted',
    title: 'Q1 what expired is accounted for, not forgotten',
    proves: 'queue.expiry',
    needs: ['inspect'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: short })
      await link.publish(topic, 'old')
      await scene.pause(150)
      // A consumer makes brokers look that expire lazily.
      const inbox = await link.consume(topic)
      await link.publish(topic, 'marker')
      await inbox.next('the marker')
      await within(inbox.consumer.close(), 'close()')
      const state = await link.manage(topic, { op: 'inspect' })
      expectSame([state.expired + state.dead, state.done], [1, 1], 'expired or dead, and done')
    },
  },
])
