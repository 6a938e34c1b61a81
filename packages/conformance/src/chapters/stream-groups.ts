/** Cursors: a group resumes where it has committed, and never later. */

import { done } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Item } from '../seam/inbox.js'
import { mailbox } from '../seam/mailbox.js'
import { sorted, upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

export const streamGroups = chapter('stream-groups', [
  {
    name: 'resumes-after-the-last-done',
    title: 'S3 a group that comes back goes on after the last record that was done',
    proves: 'stream.groups',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('stream')
      await one.publishAll(topic, upTo(5))
      const before = await one.consume(topic, { group: 'g', start: 'start' })
      await before.take(5, 'records')
      await within(before.consumer.close(), 'close()')
      await one.publishAll(topic, [5, 6])
      const after = await two.consume(topic, { group: 'g', start: 'start' })
      expectSame(valuesOf(await after.take(2, 'records')), [5, 6], 'records after coming back')
    },
  },
  {
    name: 'commits-nothing-before-it-is-done',
    title: 'S3 a record whose handler did not finish comes to the next member again',
    proves: 'stream.groups',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('stream')
      await two.publishAll(topic, upTo(3))
      const first = await one.consume(topic, { group: 'g', start: 'start', handle: 'hold' })
      const zero = await first.next('record 0')
      zero.settle(done)
      await first.next('record 1')
      await one.close(AbortSignal.abort())
      const next = await two.consume(topic, { group: 'g', start: 'start' })
      const values = valuesOf(await next.take(2, 'records'))
      // At least once: record 0 may come again when its commit was still on its way.
      expectThat(values.includes(1), `record 1 comes again; ${JSON.stringify(values)} came`)
    },
  },
  {
    name: 'cursors-are-apart',
    title: 'S3 each group has a cursor of its own',
    proves: 'stream.groups',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.publishAll(topic, upTo(4))
      for (const group of ['a', 'b']) {
        const inbox = await link.consume(topic, { group, start: 'start' })
        expectSame(valuesOf(await inbox.take(4, 'records')), upTo(4), `records of ${group}`)
      }
    },
  },
  {
    name: 'new-group-from-committed',
    title: 'S3 a group without a commit that starts at `committed` begins at the end',
    proves: 'stream.groups',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream')
      await link.publish(topic, 'old')
      const inbox = await link.consume(topic, { group: 'g', start: 'committed' })
      await link.publish(topic, 'new')
      expectSame((await inbox.next('the record')).value, 'new', 'first record')
    },
  },
  {
    name: 'one-member-each',
    title: 'S3 within a group each record is handled by one member',
    proves: 'stream.groups',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('stream')
      const handled = mailbox<Item>()
      const handle = (item: Item) => {
        handled.put(item)
        return done
      }
      for (const link of [one, two]) await link.consume(topic, { group: 'g', start: 'start', handle })
      await one.publishAll(topic, upTo(20))
      expectSame(sorted(valuesOf(await handled.take(20, 'records'))), upTo(20), 'records handled')
      // What came after all of them shows that none of them comes once more.
      await one.publish(topic, 'marker')
      expectSame((await handled.next('the marker')).value, 'marker', 'the next record')
    },
  },
  {
    name: 'retry-keeps-the-place',
    title: 'E4 in an ordered stream a retried record comes again before the next of its key',
    proves: 'stream.groups',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream', { guarantees: { ordered: true } })
      const inbox = await link.consume(topic, {
        group: 'g',
        start: 'start',
        handle: ({ value, attempt }) =>
          value === 1 && attempt === 1 ? { kind: 'retry', afterMs: 0, failure: undefined } : done,
      })
      await link.publishAll(topic, upTo(3), { key: 'same' })
      const items = await inbox.take(4, 'records')
      expectSame(
        items.map((item) => [item.value, item.attempt]),
        [
          [0, 1],
          [1, 1],
          [1, 2],
          [2, 1],
        ],
        'records and attempts',
      )
    },
  },
])
