/** Logs: dense offsets, reading from anywhere, and the seam between replay and live. */

import { chapter } from '../case.js'
import { expectSame } from '../expectation.js'
import { upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

export const streams = chapter('streams', [
  {
    name: 'offsets-are-dense',
    title: 'S1 receipts carry offsets 0, 1, 2 … in the order of publishing',
    proves: 'stream.receipts',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.declare(topic)
      const receipts = await within(Promise.all(upTo(50).map((n) => link.publish(topic, n))), 'receipts')
      expectSame(
        receipts.map((receipt) => receipt.offset),
        upTo(50),
        'offsets',
      )
    },
  },
  {
    name: 'from-the-start',
    title: 'S1 a reader from the start gets every record in order, with its offset',
    proves: 'stream',
    async run(scene) {
      const [writer, reader] = [await scene.link(), await scene.link()]
      const topic = scene.channel('stream')
      await writer.publishAll(topic, upTo(200))
      const items = await (await reader.consume(topic, { start: 'start' })).take(200, 'records')
      expectSame(valuesOf(items), upTo(200), 'records')
      expectSame(
        items.map((item) => item.offset),
        upTo(200),
        'offsets',
      )
    },
  },
  {
    name: 'records-are-whole',
    title: 'a record keeps id, key, headers and time',
    proves: 'stream',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.publish(topic, { x: 1 }, { id: 'rec-1', key: 'KL23', headers: { mine: 'x' }, time: 1_234 })
      const { message, value } = await (await link.consume(topic, { start: 'start' })).next('the record')
      expectSame(
        [value, message.id, message.key, message.headers, message.time],
        [{ x: 1 }, 'rec-1', 'KL23', { mine: 'x' }, 1_234],
        'record',
      )
    },
  },
  {
    name: 'until-now-ends',
    title: 'S1 a reader until now ends by itself after the last record there was',
    proves: 'stream',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.publishAll(topic, upTo(30))
      const inbox = await link.consume(topic, { start: 'start', until: 'now' })
      expectSame(await within(inbox.consumer.ended, 'the end'), undefined, 'why it ended')
      expectSame(valuesOf(inbox.all), upTo(30), 'records')
    },
  },
  {
    name: 'until-now-of-an-empty-stream',
    title: 'S1 reading an empty stream until now ends at once',
    proves: 'stream',
    async run(scene) {
      const link = await scene.link()
      const inbox = await link.consume(scene.channel('stream'), { start: 'start', until: 'now' })
      expectSame(await within(inbox.consumer.ended, 'the end'), undefined, 'why it ended')
      expectSame(inbox.all.length, 0, 'records')
    },
  },
  {
    name: 'from-the-end',
    title: 'S1 a reader from the end gets only what comes afterwards',
    proves: 'stream',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.publishAll(topic, upTo(5))
      const inbox = await link.consume(topic, { start: 'end' })
      await link.publish(topic, 'new')
      const item = await inbox.next('the record')
      expectSame([item.value, item.offset], ['new', 5], 'record and offset')
    },
  },
  {
    name: 'from-an-offset',
    title: 'S1 a reader from an offset begins right there',
    proves: 'stream.offset',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.publishAll(topic, upTo(20))
      const inbox = await link.consume(topic, { start: { offset: 13 }, until: 'now' })
      await within(inbox.consumer.ended, 'the end')
      expectSame(valuesOf(inbox.all), upTo(20).slice(13), 'records')
    },
  },
  {
    name: 'from-an-offset-to-come',
    title: 'S1 a reader from an offset that is not there yet waits for it',
    proves: 'stream.offset',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.publishAll(topic, upTo(3))
      const inbox = await link.consume(topic, { start: { offset: 5 } })
      await link.publishAll(topic, [3, 4, 5])
      expectSame((await inbox.next('the record')).value, 5, 'first record')
    },
  },
  {
    name: 'from-a-time',
    title: 'a reader from a time gets what was recorded since',
    proves: 'stream.time',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.publishAll(topic, ['old', 'older'])
      await scene.pause(60)
      const time = scene.clock.now() - 20
      await link.publishAll(topic, ['new', 'newer'])
      const inbox = await link.consume(topic, { start: { time }, until: 'now' })
      await within(inbox.consumer.ended, 'the end')
      expectSame(valuesOf(inbox.all), ['new', 'newer'], 'records')
    },
  },
  {
    name: 'no-gap-at-the-live-seam',
    title: 'F56 a reader that starts while records are written misses none and gets none twice',
    proves: 'stream',
    async run(scene) {
      const [writer, reader] = [await scene.link(), await scene.link()]
      const topic = scene.channel('stream')
      await writer.publishAll(topic, upTo(100))
      const writing = (async () => {
        for (const n of upTo(400)) await writer.publish(topic, 100 + n)
      })()
      const inboxes = [
        await reader.consume(topic, { start: 'start' }),
        await reader.consume(topic, { start: 'start', handle: () => Promise.resolve({ kind: 'done' }) }),
      ]
      await within(writing, 'the writer')
      for (const inbox of inboxes) {
        expectSame(valuesOf(await inbox.take(500, 'records')), upTo(500), 'records')
      }
    },
  },
  {
    name: 'readers-are-independent',
    title: 'S1 a slow reader does not hold up another, and misses nothing itself',
    proves: 'stream',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      const slow = await link.consume(topic, { start: 'start', handle: 'hold' })
      const fast = await link.consume(topic, { start: 'start' })
      await link.publishAll(topic, upTo(50))
      expectSame(valuesOf(await fast.take(50, 'records')), upTo(50), 'records of the fast reader')
      const values: unknown[] = []
      for (const _ of upTo(50)) {
        const item = await slow.next('a record of the slow reader')
        values.push(item.value)
        item.settle({ kind: 'done' })
      }
      expectSame(values, upTo(50), 'records of the slow reader')
    },
  },
  {
    name: 'reading-takes-nothing-away',
    title: 'S1 records can be read again and again',
    proves: 'stream',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.publishAll(topic, upTo(10))
      for (const _ of upTo(3)) {
        const inbox = await link.consume(topic, { start: 'start', until: 'now' })
        await within(inbox.consumer.ended, 'the end')
        expectSame(valuesOf(inbox.all), upTo(10), 'records')
      }
    },
  },
])
