/** Delayed sends: not before their time, and in the order of their times. */

import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import { valuesOf } from '../seam/values.js'
import { within } from '../within.js'

export const delay = chapter('delay', [
  {
    name: 'not-before-its-time',
    title: 'Q3 a delayed message does not come early',
    proves: 'queue.delay',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic)
      const begin = scene.clock.monotonic()
      await link.publish(topic, 'late', { delayMs: 120 })
      await inbox.next('the message')
      const waited = scene.clock.monotonic() - begin
      expectThat(waited >= 115, `a delay of 120 ms takes that long; it took ${waited}`)
    },
  },
  {
    name: 'does-not-hold-up-others',
    title: 'messages without a delay pass those that wait',
    proves: 'queue.delay',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic)
      await link.publish(topic, 'late', { delayMs: 300 })
      await link.publish(topic, 'now')
      expectSame(valuesOf(await inbox.take(2, 'messages')), ['now', 'late'], 'messages')
    },
  },
  {
    name: 'in-order-of-their-times',
    title: 'delayed messages come in the order in which they fall due',
    proves: 'queue.delay',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await link.publish(topic, 'third', { delayMs: 400 })
      await link.publish(topic, 'first', { delayMs: 50 })
      await link.publish(topic, 'second', { delayMs: 220 })
      const inbox = await link.consume(topic)
      expectSame(valuesOf(await inbox.take(3, 'messages')), ['first', 'second', 'third'], 'messages')
    },
  },
  {
    name: 'needs-no-worker-meanwhile',
    title: 'a delay runs off without any worker, and its publisher may leave',
    proves: 'queue.delay',
    async run(scene) {
      const [sender, worker] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      await sender.publish(topic, 'late', { delayMs: 50 })
      await sender.close()
      await scene.pause(100)
      const item = await (await worker.consume(topic)).next('the message')
      expectSame([item.value, item.attempt], ['late', 1], 'message and attempt')
    },
  },
  {
    name: 'is-counted-as-delayed',
    title: 'Q1 inspect tells what is delayed from what is ready',
    proves: 'queue.delay',
    needs: ['inspect'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await link.publish(topic, 'late', { delayMs: 60_000 })
      await link.publish(topic, 'now')
      const state = await within(link.manage(topic, { op: 'inspect' }), 'inspect')
      expectSame([state.delayed, state.ready], [1, 1], 'delayed and ready')
    },
  },
])
