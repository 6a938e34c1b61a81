/** What was not done comes again: after a retry, a lost worker, a purge of its claim; and says the attempt. */

import { done, type Outcome } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import { upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

const again = (afterMs: number): Outcome => ({ kind: 'retry', afterMs, failure: undefined })
/** A link that goes at once, without waiting for its handlers. */
const goNow = AbortSignal.abort()

export const redelivery = chapter('redelivery', [
  {
    name: 'retry-comes-back',
    title: 'Q4 a retried message comes again, whole, under its id, as attempt 2',
    proves: 'queue.retry',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, { handle: ({ attempt }) => (attempt < 2 ? again(0) : done) })
      await link.publish(topic, { bag: 7 }, { headers: { mine: 'x' }, key: 'k' })
      const [first, second] = await inbox.take(2, 'deliveries')
      expectSame([first?.attempt, second?.attempt], [1, 2], 'attempts')
      expectSame(second?.value, { bag: 7 }, 'payload')
      expectSame(
        [second?.message.id, second?.message.key, second?.message.headers],
        [first?.message.id, 'k', { mine: 'x' }],
        'id, key and headers',
      )
    },
  },
  {
    name: 'attempts-count-up',
    title: 'Q4 every failed delivery counts, on whichever worker it was',
    proves: 'queue.retry',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const seen: number[] = []
      let finish: () => void = () => {}
      const finished = new Promise<void>((resolve) => {
        finish = resolve
      })
      const handle = ({ attempt }: { attempt: number }): Outcome => {
        seen.push(attempt)
        if (attempt < 4) return again(0)
        finish()
        return done
      }
      await one.consume(topic, { handle })
      await two.consume(topic, { handle })
      await one.publish(topic, 1)
      await within(finished, 'attempt 4')
      expectSame(seen, [1, 2, 3, 4], 'attempts')
    },
  },
  {
    name: 'retry-waits',
    title: 'Q3 a retry with a delay does not come before it',
    proves: 'queue.retry',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const times: number[] = []
      const inbox = await link.consume(topic, {
        handle: ({ attempt }) => {
          times.push(scene.clock.monotonic())
          return attempt < 2 ? again(100) : done
        },
      })
      await link.publish(topic, 1)
      await inbox.take(2, 'deliveries')
      const waited = (times[1] ?? 0) - (times[0] ?? 0)
      expectThat(
        waited >= 85,
        `the retry waits for 100 ms, less jitter and rounding; it came after ${waited}`,
      )
    },
  },
  {
    name: 'others-go-on',
    title: 'H62 a message that waits for its retry does not hold up the others',
    proves: 'queue.retry',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, {
        handle: ({ value, attempt }) => (value === 'bad' && attempt === 1 ? again(300) : done),
      })
      await link.publishAll(topic, ['bad', 'good', 'better'])
      expectSame(valuesOf(await inbox.take(4, 'messages')), ['bad', 'good', 'better', 'bad'], 'messages')
    },
  },
  {
    name: 'lost-worker',
    title: 'Q3 the message of a worker whose link closes comes to another, as attempt 2',
    proves: 'queue.retry',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const holder = await one.consume(topic, { handle: 'hold' })
      await two.publish(topic, 'held')
      const held = await holder.next('the message')
      await one.close(goNow)
      const next = await (await two.consume(topic)).next('the redelivery')
      expectSame([next.value, next.attempt, next.message.id], ['held', 2, held.message.id], 'redelivery')
    },
  },
  {
    name: 'unstarted-messages-did-not-fail',
    title: 'Q4 messages that waited at a lost worker without being started keep attempt 1',
    proves: 'queue.retry',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const holder = await one.consume(topic, { handle: 'hold' })
      await two.publishAll(topic, upTo(4))
      await holder.next('the first')
      await one.close(goNow)
      const items = await (await two.consume(topic)).take(4, 'the rest')
      const attempts = new Map(items.map((item) => [item.value, item.attempt]))
      expectSame(
        [1, 2, 3].map((value) => attempts.get(value)),
        [1, 1, 1],
        'attempts of the unstarted',
      )
      expectSame(attempts.get(0), 2, 'attempt of the started')
    },
  },
  {
    name: 'lease-is-renewed',
    title: 'Q2 a handler that runs longer than the lease keeps its message',
    proves: 'queue.lease',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue', { guarantees: { leaseMs: 600 } })
      const holder = await one.consume(topic, { handle: 'hold' })
      await one.publish(topic, 'long')
      const held = await holder.next('the message')
      const other = await two.consume(topic)
      await scene.pause(900)
      held.settle(done)
      await within(holder.consumer.close(), 'close()')
      await one.publish(topic, 'marker')
      expectSame((await other.next('the marker')).value, 'marker', 'first message of the other worker')
    },
  },
  {
    name: 'purge-voids-claims',
    title: 'Q2 purging tells the holder that its claim is lost, and its outcome changes nothing',
    proves: 'queue.lease',
    needs: ['inspect'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, { handle: 'hold', concurrency: 2 })
      await link.publish(topic, 'held')
      const held = await inbox.next('the message')
      await link.manage(topic, { op: 'purge' })
      await within(held.lost, 'the loss of the claim')
      held.settle(again(0))
      await link.publish(topic, 'marker')
      const marker = await inbox.next('the marker')
      expectSame(marker.value, 'marker', 'the next message')
      marker.settle(done)
    },
  },
  {
    name: 'tracked-event-retries-in-its-group',
    title: 'E3 a retried event comes again to its own group only',
    proves: 'event.retry',
    needs: ['event.groups'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', { guarantees: { tracked: true } })
      const fine = await link.consume(topic, { group: 'fine' })
      const failing = await link.consume(topic, {
        group: 'failing',
        handle: ({ attempt, value }) => (value === 'x' && attempt < 3 ? again(0) : done),
      })
      await link.publish(topic, 'x')
      const tries = await failing.take(3, 'attempts')
      expectSame(
        tries.map((item) => item.attempt),
        [1, 2, 3],
        'attempts',
      )
      await link.publish(topic, 'marker')
      expectSame(valuesOf(await fine.take(2, 'events')), ['x', 'marker'], 'events of the other group')
    },
  },
])
