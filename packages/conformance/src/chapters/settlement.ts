/** Queues: one worker per message, and what each outcome does to it. */

import { done, type Outcome } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Item } from '../seam/inbox.js'
import { mailbox } from '../seam/mailbox.js'
import { sorted, upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

const drop: Outcome = { kind: 'drop' }

export const settlement = chapter('settlement', [
  {
    name: 'waits-for-a-worker',
    title: 'Q1 a message waits until a worker comes',
    proves: 'queue',
    async run(scene) {
      const [sender, worker] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      await sender.publishAll(topic, upTo(20))
      expectSame(valuesOf(await (await worker.consume(topic)).take(20, 'messages')), upTo(20), 'messages')
    },
  },
  {
    name: 'one-worker-each',
    title: 'Q1 each message goes to one worker of several, on whichever link',
    proves: 'queue',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const handled = mailbox<Item>()
      const handle = (item: Item) => {
        handled.put(item)
        return done
      }
      for (const link of [one, two, two]) await link.consume(topic, { concurrency: 2, handle })
      await one.publishAll(topic, upTo(60))
      expectSame(sorted(valuesOf(await handled.take(60, 'messages'))), upTo(60), 'messages')
      await one.publish(topic, 'marker')
      expectSame((await handled.next('the marker')).value, 'marker', 'the next message')
    },
  },
  {
    name: 'done-is-gone',
    title: 'Q1 a message that is done never comes again, and is counted',
    proves: 'inspect',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const first = await link.consume(topic)
      await link.publishAll(topic, upTo(5))
      await first.take(5, 'messages')
      await within(first.consumer.close(), 'close()')
      const state = await link.manage(topic, { op: 'inspect' })
      expectSame([state.received, state.done, state.ready, state.leased], [5, 5, 0, 0], 'counts')
      const second = await link.consume(topic)
      await link.publish(topic, 'marker')
      expectSame((await second.next('the marker')).value, 'marker', 'first message of the next worker')
    },
  },
  {
    name: 'drop-leaves-no-trace',
    title: 'a dropped message is gone: no redelivery, no dead letter, one count',
    proves: 'inspect',
    needs: ['queue', 'deadletters'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, { handle: ({ value }) => (value === 'bad' ? drop : done) })
      await link.publish(topic, 'bad')
      await link.publish(topic, 'marker')
      expectSame(valuesOf(await inbox.take(2, 'messages')), ['bad', 'marker'], 'messages')
      await within(inbox.consumer.close(), 'close()')
      const state = await link.manage(topic, { op: 'inspect' })
      expectSame([state.dropped, state.done, state.dead], [1, 1, 0], 'counts')
    },
  },
  {
    name: 'leased-is-invisible',
    title: 'E3 a message in one worker’s hands is not given to another',
    proves: 'queue',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const holder = await one.consume(topic, { handle: 'hold' })
      await one.publish(topic, 'held')
      const held = await holder.next('the message')
      const other = await two.consume(topic)
      await one.publish(topic, 'marker')
      expectSame((await other.next('the marker')).value, 'marker', 'message of the other worker')
      held.settle(done)
      await within(holder.consumer.close(), 'close()')
    },
  },
  {
    name: 'slow-worker-keeps-one',
    title: 'F42 a slow worker holds what it runs, the fast one gets the rest',
    proves: 'queue',
    async run(scene) {
      const [slow, fast] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const stuck = await slow.consume(topic, { handle: 'hold' })
      await slow.publish(topic, 'slow')
      const held = await stuck.next('the slow message')
      const inbox = await fast.consume(topic)
      await slow.publishAll(topic, upTo(20))
      expectSame(valuesOf(await inbox.take(20, 'the rest')), upTo(20), 'messages of the fast worker')
      held.settle(done)
    },
  },
  {
    name: 'nothing-is-lost-in-the-count',
    title: 'Q1 received = ready + delayed + leased + done + dropped + dead + expired + purged',
    proves: 'inspect',
    needs: ['queue', 'queue.retry'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await link.publishAll(topic, upTo(12))
      const inbox = await link.consume(topic, {
        handle: ({ value, attempt }) => {
          if (value === 3) return drop
          if (value === 5 && attempt === 1) return { kind: 'retry', afterMs: 0, failure: undefined }
          return done
        },
      })
      await inbox.take(8, 'messages')
      await within(inbox.consumer.close(), 'close()')
      const state = await link.manage(topic, { op: 'inspect' })
      const { received, ready, delayed, leased, dropped, dead, expired, purged } = state
      expectSame(
        received,
        ready + delayed + leased + state.done + dropped + dead + expired + purged,
        'the sum',
      )
      expectThat(leased === 0, 'nothing is leased when nobody works')
    },
  },
  {
    name: 'purge',
    title: 'Q1 purge removes what waits, counts it, and leaves the queue usable',
    proves: 'inspect',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await link.publishAll(topic, upTo(7))
      expectSame((await link.manage(topic, { op: 'purge' })).count, 7, 'purged')
      const state = await link.manage(topic, { op: 'inspect' })
      expectSame([state.purged, state.ready], [7, 0], 'counts')
      await link.publish(topic, 'marker')
      expectSame((await (await link.consume(topic)).next('the marker')).value, 'marker', 'first message')
    },
  },
  {
    name: 'consumers-are-counted',
    title: 'inspect counts the workers that are there',
    proves: 'inspect',
    needs: ['queue'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const count = async () => (await one.manage(topic, { op: 'inspect' })).consumers
      expectSame(await count(), 0, 'workers at first')
      const inbox = await one.consume(topic)
      await two.consume(topic)
      expectSame(await count(), 2, 'workers')
      await within(inbox.consumer.close(), 'close()')
      expectSame(await count(), 1, 'workers after one left')
    },
  },
])
