/** Order: per publisher, per key, and what may overtake what. */

import { done, type Outcome } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Item } from '../seam/inbox.js'
import { mailbox } from '../seam/mailbox.js'
import { upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

const again: Outcome = { kind: 'retry', afterMs: 5, failure: undefined }
const ordered = { ordered: true }
const keyOf = (value: number): string => `k${value % 3}`

export const ordering = chapter('ordering', [
  {
    name: 'events-of-one-publisher',
    title: 'E4 events of one publisher arrive in their order',
    proves: 'event',
    async run(scene) {
      const [sender, receiver] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      const inbox = await receiver.consume(topic)
      await sender.publishAll(topic, upTo(500))
      expectSame(valuesOf(await inbox.take(500, 'events')), upTo(500), 'events')
    },
  },
  {
    name: 'several-publishers',
    title: 'F53 with several publishers, each one’s events keep their order',
    proves: 'event',
    async run(scene) {
      const topic = scene.channel('event')
      const inbox = await (await scene.link()).consume(topic)
      const senders = await Promise.all(upTo(4).map(() => scene.link()))
      await Promise.all(
        senders.map((sender, who) =>
          sender.publishAll(
            topic,
            upTo(150).map((count) => ({ who, count })),
          ),
        ),
      )
      const values = valuesOf(await inbox.take(600, 'events')) as { who: number; count: number }[]
      for (const who of upTo(4)) {
        const counts = values.filter((value) => value.who === who).map((value) => value.count)
        expectSame(counts, upTo(150), `events of publisher ${who}`)
      }
    },
  },
  {
    name: 'queue-is-first-in-first-out',
    title: 'E4 a single worker that takes one at a time gets messages in their order',
    proves: 'queue',
    async run(scene) {
      const [sender, worker] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const inbox = await worker.consume(topic, { handle: () => Promise.resolve(done) })
      await sender.publishAll(topic, upTo(200))
      expectSame(valuesOf(await inbox.take(200, 'messages')), upTo(200), 'messages')
    },
  },
  {
    name: 'one-at-a-time-is-in-order-whatever-the-keys',
    title: 'E4 a single worker of an ordered queue that takes one at a time gets all keys in their order',
    proves: 'queue.order',
    async run(scene) {
      const [sender, worker] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue', { guarantees: ordered })
      for (const n of upTo(60)) await sender.publish(topic, n, { key: keyOf(Math.floor(n / 3)) })
      const inbox = await worker.consume(topic, { handle: () => Promise.resolve(done) })
      expectSame(valuesOf(await inbox.take(60, 'messages')), upTo(60), 'messages')
    },
  },
  {
    name: 'a-reader-in-order-ignores-keys',
    title: 'S1 E4 a reader that asks for order gets records by offset, though those before of a key are open',
    proves: 'stream',
    async run(scene) {
      const [writer, reader] = [await scene.link(), await scene.link()]
      const topic = scene.channel('stream', { guarantees: ordered })
      for (const n of upTo(40)) await writer.publish(topic, n, { key: keyOf(Math.floor(n / 2)) })
      const inbox = await reader.consume(topic, { start: 'start', concurrency: 64, inOrder: true })
      const items = await inbox.take(40, 'records')
      expectSame(
        items.map(({ offset }) => offset),
        upTo(40),
        'offsets',
      )
    },
  },
  {
    name: 'keys-keep-their-order',
    title: 'F54 with many handlers and random retries no message overtakes another of its key',
    proves: 'queue.order',
    needs: ['queue.retry'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue', { guarantees: ordered })
      const handled = mailbox<Item>()
      const handle = async (item: Item): Promise<Outcome> => {
        await Promise.resolve()
        if (item.attempt === 1 && Number(item.value) % 7 === 0) return again
        handled.put(item)
        return done
      }
      await one.consume(topic, { concurrency: 8, handle })
      await two.consume(topic, { concurrency: 8, handle })
      await one.declare(topic)
      await Promise.all(upTo(45).map((value) => one.publish(topic, value, { key: keyOf(value) })))
      const values = valuesOf(await handled.take(45, 'messages')) as number[]
      for (const key of ['k0', 'k1', 'k2']) {
        const mine = values.filter((value) => keyOf(value) === key)
        expectSame(
          mine,
          upTo(45).filter((value) => keyOf(value) === key),
          `messages of ${key}`,
        )
      }
    },
  },
  {
    name: 'one-of-a-key-at-a-time',
    title: 'E4 two messages of one key are never handled at the same time',
    proves: 'queue.order',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: ordered })
      const inbox = await link.consume(topic, { concurrency: 8, handle: 'hold' })
      await link.publish(topic, 'a1', { key: 'a' })
      await link.publish(topic, 'a2', { key: 'a' })
      await link.publish(topic, 'b1', { key: 'b' })
      const [first, second] = await inbox.take(2, 'messages')
      expectSame([first?.value, second?.value], ['a1', 'b1'], 'messages at once')
      first?.settle(done)
      const third = await inbox.next('the second of its key')
      expectSame(third.value, 'a2', 'message after the first is done')
      second?.settle(done)
      third.settle(done)
    },
  },
  {
    name: 'a-failing-key-blocks-itself',
    title: 'E4 a message that waits for its retry blocks its key and no other',
    proves: 'queue.order',
    needs: ['queue.retry'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: ordered })
      const inbox = await link.consume(topic, {
        concurrency: 4,
        handle: ({ value, attempt }) =>
          value === 'a1' && attempt === 1 ? { kind: 'retry', afterMs: 300, failure: undefined } : done,
      })
      for (const value of ['a1', 'a2', 'b1', 'b2'])
        await link.publish(topic, value, { key: value.slice(0, 1) })
      const values = valuesOf(await inbox.take(5, 'messages'))
      expectSame(values, ['a1', 'b1', 'b2', 'a1', 'a2'], 'messages')
    },
  },
  {
    name: 'messages-without-a-key-do-not-wait',
    title: 'E4 on an ordered queue messages without a key run beside each other',
    proves: 'queue.order',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: ordered })
      const inbox = await link.consume(topic, { concurrency: 3, handle: 'hold' })
      await link.publishAll(topic, upTo(3))
      const items = await inbox.take(3, 'messages at once')
      expectThat(inbox.peak === 3, 'three run at once')
      for (const item of items) item.settle(done)
      await within(inbox.consumer.close(), 'close()')
    },
  },
])
