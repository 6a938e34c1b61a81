/** Publishing the same message again: one copy within the window, told to the publisher. */

import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import { upTo, valuesOf } from '../seam/values.js'

const window = { dedupeMs: 60_000 }

export const dedupe = chapter('dedupe', [
  {
    name: 'one-copy',
    title: 'D1 a second publish of an id is receipted as a duplicate and leaves no copy',
    proves: 'dedupe',
    needs: ['queue'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue', { guarantees: window })
      await one.publish(topic, 'first', { id: 'same' })
      const again = await two.publish(topic, 'first', { id: 'same' })
      expectThat(again.duplicate === true, 'the receipt says duplicate')
      await one.publish(topic, 'marker', { id: 'other' })
      const inbox = await one.consume(topic)
      expectSame(valuesOf(await inbox.take(2, 'messages')), ['first', 'marker'], 'messages')
    },
  },
  {
    name: 'first-payload-wins',
    title: 'F59 the same id with another payload: the first wins',
    proves: 'dedupe',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: window })
      await link.publish(topic, 'first', { id: 'same' })
      expectThat(
        (await link.publish(topic, 'second', { id: 'same' })).duplicate === true,
        'the second is dropped',
      )
      expectSame((await (await link.consume(topic)).next('the message')).value, 'first', 'message')
    },
  },
  {
    name: 'done-does-not-clear',
    title: 'F60 an id stays known within the window after its message was handled',
    proves: 'dedupe',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: window })
      const inbox = await link.consume(topic)
      await link.publish(topic, 1, { id: 'same' })
      await inbox.next('the message')
      expectThat(
        (await link.publish(topic, 1, { id: 'same' })).duplicate === true,
        'the second is a duplicate',
      )
    },
  },
  {
    name: 'window-ends',
    title: 'F60 after the window the id is new again',
    proves: 'dedupe',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: { dedupeMs: 40 } })
      await link.publish(topic, 1, { id: 'same' })
      await scene.pause(120)
      expectThat((await link.publish(topic, 2, { id: 'same' })).duplicate !== true, 'the id is new again')
      expectSame(valuesOf(await (await link.consume(topic)).take(2, 'messages')), [1, 2], 'messages')
    },
  },
  {
    name: 'different-ids-pass',
    title: 'D1 different ids are never dropped',
    proves: 'dedupe',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: window })
      await link.publishAll(topic, upTo(500))
      expectSame(valuesOf(await (await link.consume(topic)).take(500, 'messages')), upTo(500), 'messages')
    },
  },
  {
    name: 'stream-gives-the-first-offset',
    title: 'D1 the duplicate of a stream record is receipted with the offset of the first',
    proves: 'dedupe',
    needs: ['stream', 'stream.receipts'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream', { guarantees: window })
      await link.publish(topic, 0, { id: 'zero' })
      const first = await link.publish(topic, 1, { id: 'one' })
      await link.publish(topic, 2, { id: 'two' })
      const again = await link.publish(topic, 1, { id: 'one' })
      expectSame([again.duplicate, again.offset], [true, first.offset], 'duplicate and offset')
    },
  },
])
