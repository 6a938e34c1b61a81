/** Durable topics while the broker runs: receipts that mean a disk, groups that are away, one copy of each id. */

import { done, type Outcome } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectRefusal, expectSame } from '../expectation.js'
import { kept } from '../seam/channels.js'
import { upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

const again: Outcome = { kind: 'retry', afterMs: 0, failure: undefined }
const reject: Outcome = { kind: 'reject', reason: 'rejected', failure: undefined }

export const durable = chapter('durable', [
  {
    name: 'receipts-of-queues',
    title: 'Q1 the receipt of a durable queue says durable',
    proves: 'durable',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      expectSame((await link.publish(scene.channel('queue', kept), 1)).level, 'durable', 'level')
    },
  },
  {
    name: 'receipts-of-events',
    title: 'E3 the receipt of a durable event says durable, whoever listens',
    proves: 'durable',
    needs: ['event', 'event.retry'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', { guarantees: { ...kept.guarantees, tracked: true } })
      expectSame((await link.publish(topic, 1)).level, 'durable', 'level for nobody')
      await link.consume(topic)
      expectSame((await link.publish(topic, 2)).level, 'durable', 'level for somebody')
    },
  },
  {
    name: 'receipts-of-streams',
    title: 'S2 the receipts of a durable stream say durable and give dense offsets',
    proves: 'durable',
    needs: ['stream', 'stream.receipts'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream', kept)
      const receipts = [await link.publish(topic, 'a'), await link.publish(topic, 'b')]
      expectSame(
        receipts.map(({ level, offset }) => [level, offset]),
        [
          ['durable', 0],
          ['durable', 1],
        ],
        'levels and offsets',
      )
    },
  },
  {
    name: 'receipts-in-any-number',
    title: 'Q1 1,000 durable publishes at once get their receipts and come in order',
    proves: 'durable',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', kept)
      const inbox = await link.consume(topic)
      await link.publishAll(topic, upTo(1_000))
      expectSame(valuesOf(await inbox.take(1_000, 'messages')), upTo(1_000), 'messages')
    },
  },
  {
    name: 'groups-get-what-they-missed',
    title: 'E3 a group of a durable event gets what was published while it had no member',
    proves: 'durable',
    needs: ['event', 'event.groups', 'event.retry'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event', { guarantees: { ...kept.guarantees, tracked: true } })
      const before = await one.consume(topic, { group: 'g' })
      await two.publish(topic, 0)
      await before.next('the first event')
      await within(before.consumer.close(), 'close()')
      await two.publishAll(topic, [1, 2, 3])
      const after = await two.consume(topic, { group: 'g' })
      expectSame(valuesOf(await after.take(3, 'events')), [1, 2, 3], 'events after coming back')
    },
  },
  {
    name: 'one-copy',
    title: 'D1 a second publish of an id is receipted as a durable duplicate and leaves no copy',
    proves: 'durable',
    needs: ['queue', 'dedupe'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue', kept)
      // At once: the second comes before the first is on disk.
      await one.declare(topic)
      await two.declare(topic)
      const receipts = await Promise.all([
        one.publish(topic, 'first', { id: 'same' }),
        two.publish(topic, 'first', { id: 'same' }),
      ])
      expectSame(receipts.filter(({ duplicate }) => duplicate === true).length, 1, 'duplicates')
      expectSame(
        receipts.map(({ level }) => level),
        ['durable', 'durable'],
        'levels',
      )
      await one.publish(topic, 'marker')
      const inbox = await one.consume(topic)
      expectSame(valuesOf(await inbox.take(2, 'messages')), ['first', 'marker'], 'messages')
    },
  },
  {
    name: 'counts-leases',
    title: 'Q4 each time a message is handed out counts, and its dead letter says how often',
    proves: 'durable',
    needs: ['queue', 'queue.retry', 'deadletters'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', kept)
      const inbox = await link.consume(topic, { handle: ({ attempt }) => (attempt < 3 ? again : reject) })
      await link.publish(topic, 1)
      const tries = await inbox.take(3, 'tries')
      expectSame(
        tries.map(({ attempt, acquired }) => [attempt, acquired]),
        [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
        'tries',
      )
      await within(inbox.consumer.close(), 'close()')
      const { letters } = await link.manage(topic, { op: 'dead.list', limit: 10 })
      expectSame(
        letters.map(({ attempts, acquired }) => [attempts, acquired]),
        [[3, 3]],
        'letters',
      )
    },
  },
  {
    name: 'closing-settles',
    title: 'Q3 when a consumer has closed, everything it settled is settled for all to see',
    proves: 'durable',
    needs: ['queue', 'inspect'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue', kept)
      await one.publishAll(topic, upTo(20))
      const inbox = await one.consume(topic, { concurrency: 5, handle: 'hold' })
      const items = await inbox.take(5, 'messages')
      const closing = inbox.consumer.close()
      for (const item of items) item.settle(done)
      await within(closing, 'close()')
      const { received, ready, done: settled, leased } = await two.manage(topic, { op: 'inspect' })
      expectSame([received, ready, settled, leased], [20, 15, 5, 0], 'received, ready, done, leased')
    },
  },
  {
    name: 'is-not-traded-in',
    title: 'C5 a name that is durable is refused to whoever declares it otherwise, and the other way round',
    proves: 'durable',
    needs: ['queue'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      for (const [label, first, second] of [
        ['stored', kept, {}],
        ['passing', {}, kept],
      ] as const) {
        await one.declare(scene.channel('queue', { label, ...first }))
        const other = scene.channel('queue', { label, ...second, fingerprint: '1111111111111111' })
        await expectRefusal(() => two.declare(other), 'CONTRACT_MISMATCH', `declaring ${label}`)
      }
    },
  },
])
