/** Durable streams over a restart of the broker: the same offsets, the same records, the same cursors. */

import { chapter } from '../case.js'
import { expectSame } from '../expectation.js'
import { kept } from '../seam/channels.js'
import { restarted } from '../seam/restarted.js'
import { upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

const abilities = ['restart'] as const

export const streamRestarts = chapter('stream-restarts', [
  {
    name: 'replays-the-same',
    title: 'S1 a stream replays after a restart with the same offsets, and goes on with the next',
    proves: 'durable',
    needs: ['stream', 'stream.offset'],
    abilities,
    async run(scene) {
      const topic = scene.channel('stream', kept)
      await (await scene.link()).publishAll(topic, upTo(100))
      const link = await restarted(scene)
      // Not every wire says it in the receipt; below the record does.
      const { offset = 100 } = await link.publish(topic, 100)
      expectSame(offset, 100, 'the next offset')
      const inbox = await link.consume(topic, { start: 'start' })
      const items = await inbox.take(101, 'records')
      expectSame(valuesOf(items), upTo(101), 'records')
      expectSame(
        items.map(({ offset }) => offset),
        upTo(101),
        'offsets',
      )
      const tail = await link.consume(topic, { start: { offset: 60 }, until: 'now' })
      expectSame((await tail.next('record 60')).value, 60, 'first record from 60')
    },
  },
  {
    name: 'ids-give-the-first-offset',
    title: 'D1 after a restart the duplicate of a record is receipted with the offset of the first',
    proves: 'durable',
    needs: ['stream', 'stream.receipts', 'dedupe'],
    abilities,
    async run(scene) {
      const topic = scene.channel('stream', kept)
      const before = await scene.link()
      await before.publish(topic, 0, { id: 'zero' })
      await before.publish(topic, 1, { id: 'one' })
      const again = await (await restarted(scene)).publish(topic, 1, { id: 'one' })
      expectSame(
        [again.level, again.duplicate, again.offset],
        ['durable', true, 1],
        'level, duplicate, offset',
      )
    },
  },
  {
    name: 'groups-go-on',
    title: 'S3 a group goes on after a restart behind the last record that was done when it had closed',
    proves: 'durable',
    needs: ['stream', 'stream.groups'],
    abilities,
    async run(scene) {
      const topic = scene.channel('stream', kept)
      const before = await scene.link()
      await before.publishAll(topic, upTo(5))
      const first = await before.consume(topic, { group: 'g', start: 'start' })
      await first.take(5, 'records')
      await within(first.consumer.close(), 'close()')
      await before.publishAll(topic, [5, 6])
      const inbox = await (await restarted(scene)).consume(topic, { group: 'g', start: 'start' })
      expectSame(valuesOf(await inbox.take(2, 'records')), [5, 6], 'records')
    },
  },
  {
    name: 'purged-offsets-are-not-reused',
    title: 'S1 offsets of records that were purged are not given again after a restart',
    proves: 'durable',
    needs: ['stream', 'stream.receipts', 'inspect'],
    abilities,
    async run(scene) {
      const topic = scene.channel('stream', kept)
      const before = await scene.link()
      await before.publishAll(topic, upTo(3))
      await before.manage(topic, { op: 'purge' })
      const link = await restarted(scene)
      expectSame((await link.publish(topic, 'next')).offset, 3, 'offset')
      const { first, next } = await link.manage(topic, { op: 'inspect' })
      expectSame([first, next], [3, 4], 'first and next')
    },
  },
])
