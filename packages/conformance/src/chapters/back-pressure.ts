/** Consumers that are slower than publishers: bounded, told, and of no harm to others. */

import { done } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Scene } from '../scene.js'
import type { Link } from '../seam/link.js'
import { upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

/** Enough to fill every buffer between a publisher and a consumer that stands still. */
const flood = 2_500

/** Publish-and-receive on another topic, several times: whatever could happen meanwhile has had its chance. */
async function roundTrips(scene: Scene, link: Link): Promise<void> {
  const topic = scene.channel('queue', { label: 'aside' })
  const inbox = await link.consume(topic)
  for (const n of upTo(10)) {
    await link.publish(topic, n)
    await inbox.next('the round trip')
  }
}

export const backPressure = chapter('back-pressure', [
  {
    name: 'no-more-than-asked-for',
    title: 'F39 a worker never has more messages open than its concurrency',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, {
        concurrency: 3,
        handle: () => scene.pause(1).then(() => done),
      })
      await link.publishAll(topic, upTo(15))
      await inbox.take(15, 'messages')
      expectSame(inbox.peak, 3, 'open at once, at most')
    },
  },
  {
    name: 'one-at-a-time',
    title: 'F39 with concurrency 1 the next message waits for the end of the one before',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, { handle: 'hold' })
      await link.publishAll(topic, upTo(5))
      for (const n of upTo(5)) {
        const item = await inbox.next('a message')
        expectSame([item.value, inbox.all.length], [n, n + 1], 'message and deliveries so far')
        item.settle(done)
      }
      expectSame(inbox.peak, 1, 'open at once, at most')
    },
  },
  {
    name: 'events-too',
    title: 'a subscriber of plain events never has more open than its concurrency',
    proves: 'event',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event')
      const inbox = await link.consume(topic, {
        concurrency: 2,
        handle: () => scene.pause(1).then(() => done),
      })
      await link.publishAll(topic, upTo(10))
      await inbox.take(10, 'events')
      expectSame(inbox.peak, 2, 'open at once, at most')
    },
  },
  {
    name: 'the-rest-stays-at-the-broker',
    title: 'F39 what a busy worker cannot take stays ready at the broker',
    proves: 'inspect',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, { concurrency: 2, handle: 'hold' })
      await link.publishAll(topic, upTo(50))
      const items = await inbox.take(2, 'messages')
      const state = await link.manage(topic, { op: 'inspect' })
      expectSame([state.leased, state.ready], [2, 48], 'leased and ready')
      for (const item of items) item.settle(done)
    },
  },
  {
    name: 'a-burst-is-not-dropped',
    title: 'E1 a burst that fits the default buffer arrives whole',
    proves: 'event',
    async run(scene) {
      const [sender, receiver] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      const inbox = await receiver.consume(topic)
      await sender.publishAll(topic, upTo(4_000))
      expectSame(valuesOf(await inbox.take(4_000, 'events')), upTo(4_000), 'events')
      expectSame(inbox.gaps.all.length, 0, 'gaps')
    },
  },
  {
    name: 'drop-oldest-adds-up',
    title: 'F40 drop-oldest: what arrives and what is told as dropped add up, the newest arrive, in order',
    proves: 'event',
    async run(scene) {
      const [sender, receiver] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      let release: () => void = () => {}
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      const inbox = await receiver.consume(topic, {
        buffer: { messages: 20, overflow: 'drop-oldest' },
        handle: () => gate.then(() => done),
      })
      await sender.publishAll(topic, upTo(flood))
      release()
      const seen: number[] = []
      while (seen.at(-1) !== flood - 1) seen.push(Number((await inbox.next('the newest event')).value))
      expectSame(
        [...seen].sort((a, b) => a - b),
        seen,
        'events in order',
      )
      const dropped = inbox.gaps.all.reduce((sum, gap) => sum + gap.count, 0)
      expectThat(dropped > 0, 'something was dropped')
      expectSame(seen.length + dropped, flood, 'events seen and told dropped')
    },
  },
  {
    name: 'block-loses-nothing',
    title: 'F41 block: publishers wait, nothing is dropped',
    proves: 'event.block',
    async run(scene) {
      const [sender, receiver] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      let release: () => void = () => {}
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      const inbox = await receiver.consume(topic, {
        buffer: { messages: 20, overflow: 'block' },
        handle: () => gate.then(() => done),
      })
      let receipted = 0
      const publishing = (async () => {
        for (const n of upTo(flood)) {
          await sender.publish(topic, n)
          receipted += 1
        }
      })()
      await inbox.next('the first event')
      await roundTrips(scene, await scene.link())
      expectThat(receipted < flood, `the publisher waits; ${receipted} of ${flood} were receipted`)
      release()
      await within(publishing, 'the publisher', 10_000)
      const values = valuesOf(await inbox.take(flood - 1, 'the rest'))
      expectSame(values, upTo(flood).slice(1), 'events')
    },
  },
  {
    name: 'disconnect-says-why',
    title: 'F40 disconnect: the slow consumer ends with SLOW_CONSUMER, others go on',
    proves: 'event',
    async run(scene) {
      const [sender, slow, fine] = [await scene.link(), await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      let release: () => void = () => {}
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      const stuck = await slow.consume(topic, {
        buffer: { messages: 20, overflow: 'disconnect' },
        handle: () => gate.then(() => done),
      })
      const inbox = await fine.consume(topic)
      for (const n of upTo(flood)) await sender.publish(topic, n)
      // What it had been given before the end may still be handled first.
      release()
      expectSame(await within(stuck.consumer.ended, 'the end'), 'SLOW_CONSUMER', 'why it ended')
      expectSame(valuesOf(await inbox.take(flood, 'events')), upTo(flood), 'events of the other')
    },
  },
  {
    name: 'a-slow-one-does-not-hold-up-others',
    title: 'F42 a consumer that stands still does not hold up another of the same topic or link',
    proves: 'event',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event')
      const stuck = await link.consume(topic, { handle: 'hold' })
      const fine = await link.consume(topic)
      await link.publishAll(topic, upTo(100))
      expectSame(valuesOf(await fine.take(100, 'events')), upTo(100), 'events of the other')
      await stuck.next('the event that it keeps')
      expectSame(stuck.all.length, 1, 'deliveries to the one that stands still')
    },
  },
])
