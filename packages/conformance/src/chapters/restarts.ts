/** Durable queues and events over a restart of the broker: what was receipted, settled or put off is still so. */

import { done, type Outcome } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import { kept } from '../seam/channels.js'
import { restarted } from '../seam/restarted.js'
import { upTo, valuesOf } from '../seam/values.js'
import { comebackMs, within } from '../within.js'

const abilities = ['restart'] as const
const again: Outcome = { kind: 'retry', afterMs: 0, failure: { message: 'jammed', code: 'JAM' } }
const reject: Outcome = { kind: 'reject', reason: 'rejected', failure: { message: 'heavy', code: 'HEAVY' } }

export const restarts = chapter('restarts', [
  {
    name: 'messages-stay',
    title: 'Q1 receipted messages are there after a restart, each once and in order',
    proves: 'durable',
    needs: ['queue', 'inspect'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      await (await scene.link()).publishAll(topic, upTo(200))
      const link = await restarted(scene)
      expectSame((await link.manage(topic, { op: 'inspect' })).received, 200, 'received')
      const inbox = await link.consume(topic)
      const items = await inbox.take(200, 'messages')
      expectSame(valuesOf(items), upTo(200), 'messages')
      await link.publish(topic, 'marker')
      expectSame((await inbox.next('the marker')).value, 'marker', 'the message after them')
    },
  },
  {
    name: 'a-receipt-is-enough',
    title: 'Q1 a message is there after a restart at the very moment of its receipt',
    proves: 'durable',
    needs: ['queue'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      const before = await scene.link()
      await before.declare(topic)
      await before.publish(topic, 'only')
      const link = await restarted(scene)
      expectSame((await (await link.consume(topic)).next('the message')).value, 'only', 'message')
    },
  },
  {
    name: 'done-stays-done',
    title: 'Q3 what was done when a consumer had closed does not come again, and the counts add up',
    proves: 'durable',
    needs: ['queue', 'inspect'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      const before = await scene.link()
      await before.publishAll(topic, upTo(10))
      const first = await before.consume(topic, { handle: 'hold' })
      for (const n of upTo(4)) {
        const item = await first.next(`message ${n}`)
        if (n === 3) void first.consumer.close()
        item.settle(done)
      }
      await within(first.consumer.close(), 'close()')
      const link = await restarted(scene)
      const { received, ready, done: settled } = await link.manage(topic, { op: 'inspect' })
      expectSame([received, ready, settled], [10, 6, 4], 'received, ready, done')
      const inbox = await link.consume(topic)
      expectSame(valuesOf(await inbox.take(6, 'messages')), [4, 5, 6, 7, 8, 9], 'messages')
    },
  },
  {
    name: 'ids-stay-known',
    title: 'D1 an id is known after a restart, also of a message that was handled',
    proves: 'durable',
    needs: ['queue', 'dedupe'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      const before = await scene.link()
      await before.publish(topic, 1, { id: 'waiting' })
      const handled = scene.channel('queue', { label: 'handled', ...kept })
      const inbox = await before.consume(handled)
      await before.publish(handled, 1, { id: 'handled' })
      await inbox.next('the message')
      await within(inbox.consumer.close(), 'close()')
      const link = await restarted(scene)
      const receipts = [
        await link.publish(topic, 1, { id: 'waiting' }),
        await link.publish(handled, 1, { id: 'handled' }),
      ]
      expectSame(
        receipts.map(({ level, duplicate }) => [level, duplicate]),
        [
          ['durable', true],
          ['durable', true],
        ],
        'levels and duplicates',
      )
    },
  },
  {
    name: 'tries-stay-counted',
    title: 'Q4 failed tries and leases count on after a restart',
    proves: 'durable',
    needs: ['queue', 'queue.retry'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      const before = await scene.link()
      const first = await before.consume(topic, { handle: 'hold' })
      await before.publish(topic, 1)
      const one = await first.next('the first try')
      one.settle(again)
      const two = await first.next('the second try')
      const closing = first.consumer.close()
      two.settle(again)
      await within(closing, 'close()')
      const link = await restarted(scene)
      const { attempt, acquired } = await (await link.consume(topic)).next('the third try')
      expectSame([attempt, acquired], [3, 3], 'attempt and acquired')
    },
  },
  {
    name: 'leases-are-undone',
    title: 'Q4 a message that was in hand at a restart comes again, and says that it was handed out before',
    proves: 'durable',
    needs: ['queue', 'queue.retry'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      const before = await scene.link()
      const first = await before.consume(topic, { handle: 'hold' })
      await before.publish(topic, 1, { id: 'in-hand' })
      await first.next('the message')
      // That it was handed out need not be on the disk before it is; a receipt that comes later says that it is.
      await before.publish(scene.channel('queue', { label: 'later', ...kept }), 2)
      const link = await restarted(scene)
      const { message, attempt, acquired } = await (await link.consume(topic)).next('the redelivery')
      expectSame([message.id, acquired], ['in-hand', 2], 'id and acquired')
      expectThat(attempt === 1 || attempt === 2, `attempt is 1, or 2 where consumers die too, not ${attempt}`)
    },
  },
  {
    name: 'delays-stay',
    title: 'a delayed message is neither lost by a restart nor early after it',
    proves: 'durable',
    needs: ['queue', 'queue.delay'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      const before = await scene.link()
      await before.declare(topic)
      const sent = scene.clock.monotonic()
      await before.publish(topic, 'late', { delayMs: 1_500 })
      const link = await restarted(scene)
      const inbox = await link.consume(topic)
      await inbox.next('the message', comebackMs)
      const afterMs = scene.clock.monotonic() - sent
      expectThat(afterMs >= 1_450, `it comes when its delay is over, not after ${afterMs} ms`)
    },
  },
  {
    name: 'dead-letters-stay',
    title: 'Q5 dead letters are there after a restart with their history, and go back exactly once',
    proves: 'durable',
    needs: ['queue', 'deadletters'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      const before = await scene.link()
      const first = await before.consume(topic, { handle: () => reject })
      await before.publish(topic, { kg: 99 }, { id: 'bag-1' })
      await first.next('the message')
      await within(first.consumer.close(), 'close()')
      const link = await restarted(scene)
      const { letters } = await link.manage(topic, { op: 'dead.list', limit: 10 })
      expectSame(
        letters.map((letter) => [letter.message.id, letter.reason, letter.attempts, letter.acquired]),
        [['bag-1', 'rejected', 1, 1]],
        'letters',
      )
      expectSame(letters[0]?.lastFailure?.code, 'HEAVY', 'last failure')
      expectSame(await link.manage(topic, { op: 'dead.redrive' }), { count: 1 }, 'redriven')
      const inbox = await (await restarted(scene)).consume(topic)
      const back = await inbox.next('the message')
      expectSame([back.message.id, back.value, back.attempt], ['bag-1', { kg: 99 }, 1], 'the message')
      const { count } = await (await scene.link()).manage(topic, { op: 'dead.redrive' })
      expectSame(count, 0, 'letters that are left')
    },
  },
  {
    name: 'groups-stay',
    title: 'E3 groups of a durable event, and what each has not handled, are there after a restart',
    proves: 'durable',
    needs: ['event', 'event.groups', 'event.retry'],
    abilities,
    async run(scene) {
      const topic = scene.channel('event', { guarantees: { ...kept.guarantees, tracked: true } })
      const before = await scene.link()
      const busy = await before.consume(topic, { group: 'busy' })
      await within((await before.consume(topic, { group: 'idle' })).consumer.close(), 'close()')
      await before.publishAll(topic, [0, 1])
      await busy.take(2, 'events')
      await within(busy.consumer.close(), 'close()')
      await before.publish(topic, 2)
      const link = await restarted(scene)
      await link.publish(topic, 3)
      for (const [group, values] of [
        ['busy', [2, 3]],
        ['idle', [0, 1, 2, 3]],
      ] as const) {
        const inbox = await link.consume(topic, { group })
        expectSame(
          valuesOf(await inbox.take(values.length, `events of ${group}`)),
          values,
          `events of ${group}`,
        )
      }
    },
  },
  {
    name: 'purged-stays-purged',
    title: 'Q1 F60 what was purged does not come back, and its ids are new again',
    proves: 'durable',
    needs: ['queue', 'dedupe', 'inspect'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      const before = await scene.link()
      await before.publish(topic, 'old', { id: 'same' })
      expectSame(await before.manage(topic, { op: 'purge' }), { count: 1 }, 'purged')
      const link = await restarted(scene)
      expectThat((await link.publish(topic, 'new', { id: 'same' })).duplicate !== true, 'the id is new again')
      expectSame((await (await link.consume(topic)).next('the message')).value, 'new', 'message')
    },
  },
  {
    name: 'publishes-go-on',
    title: 'F51 F57 publishes around a restart are all receipted, and there is one copy of each',
    proves: 'durable',
    needs: ['reconnect', 'queue', 'dedupe'],
    abilities,
    async run(scene) {
      const topic = scene.channel('queue', kept)
      const link = await scene.link()
      await link.declare(topic)
      const receipts: Promise<unknown>[] = upTo(300).map((n) => link.publish(topic, n))
      const restarting = restarted(scene)
      for (const n of upTo(300)) receipts.push(link.publish(topic, 300 + n))
      const other = await restarting
      await within(Promise.all(receipts), 'receipts', comebackMs)
      await other.publish(topic, 'marker')
      const inbox = await other.consume(topic)
      expectSame(valuesOf(await inbox.take(601, 'messages')), [...upTo(600), 'marker'], 'messages')
    },
  },
])
