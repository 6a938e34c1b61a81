/** Retention: the oldest records go, said aloud, and no offset is used twice. */

import { type Channel, done } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Link } from '../seam/link.js'
import { patternBytes, upTo, valuesOf } from '../seam/values.js'
import { eventually, within } from '../within.js'

/** Everything that is retained, with the gaps that were reported on the way. */
async function readAll(link: Link, topic: Channel) {
  const inbox = await link.consume(topic, { start: 'start', until: 'now' })
  await within(inbox.consumer.ended, 'the end')
  return inbox
}

export const retention = chapter('retention', [
  {
    name: 'by-count',
    title: 'S1 keepCount keeps the newest records under their offsets',
    proves: 'stream.retention',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream', { guarantees: { keepCount: 10 } })
      await link.publishAll(topic, upTo(35))
      const inbox = await readAll(link, topic)
      // A broker may remove whole blocks, hence keep a little more, but never less.
      expectThat(
        inbox.all.length >= 10 && inbox.all.length < 35,
        `about 10 are kept, not ${inbox.all.length}`,
      )
      expectSame(valuesOf(inbox.all), upTo(35).slice(-inbox.all.length), 'records')
      expectSame(
        inbox.all.map((item) => item.offset),
        valuesOf(inbox.all),
        'offsets',
      )
    },
  },
  {
    name: 'by-age',
    title: 'S1 keepMs removes what is older',
    proves: 'stream.retention',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream', { guarantees: { keepMs: 60 } })
      await link.publish(topic, 'old')
      await scene.pause(200)
      await link.publish(topic, 'new')
      // Brokers look for what is too old from time to time, and find the new record too old as well on a busy machine.
      const values = async () => valuesOf((await readAll(link, topic)).all)
      await eventually(values, (kept) => !kept.includes('old'), 'the end of the old record', scene.clock)
      const patient = scene.channel('stream', { label: 'patient', guarantees: { keepMs: 60_000 } })
      await link.publishAll(patient, ['old', 'new'])
      expectSame(valuesOf((await readAll(link, patient)).all), ['old', 'new'], 'records within the time')
    },
  },
  {
    name: 'by-bytes',
    title: 'S1 keepBytes bounds what is kept',
    proves: 'stream.retention',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream', { guarantees: { keepBytes: 20_000 } })
      await link.publishAll(topic, upTo(30), { bytes: patternBytes(2_000) })
      const kept = (await readAll(link, topic)).all
      expectThat(kept.length >= 1 && kept.length <= 11, `10 records fit, ${kept.length} are kept`)
      expectSame(kept.at(-1)?.offset, 29, 'the newest')
    },
  },
  {
    name: 'the-gap-is-told',
    title: 'S1 a reader that starts at removed records is told which are missing',
    proves: 'stream.retention',
    needs: ['stream.offset'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream', { guarantees: { keepCount: 5 } })
      await link.publishAll(topic, upTo(40))
      const inbox = await link.consume(topic, { start: { offset: 0 } })
      const first = (await inbox.next('the oldest record')).offset ?? -1
      expectThat(first > 0, 'some records were removed')
      const gap = await inbox.gaps.next('the gap')
      expectSame([gap.count, gap.from, gap.to], [first, 0, first - 1], 'gap')
    },
  },
  {
    name: 'a-slow-reader-is-told',
    title: 'E2 a reader overtaken by retention is told what it missed',
    proves: 'stream.retention',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream', { guarantees: { keepCount: 5 } })
      const inbox = await link.consume(topic, { start: 'start', handle: 'hold' })
      const total = 2_500
      await link.publishAll(topic, upTo(total))
      let seen = 0
      let last = -1
      while (last < total - 1) {
        const item = await inbox.next('the next record')
        seen += 1
        last = item.offset ?? 0
        item.settle(done)
      }
      const missed = inbox.gaps.all.reduce((sum, gap) => sum + gap.count, 0)
      expectSame(seen + missed, total, 'records seen and told missing')
    },
  },
  {
    name: 'offsets-are-never-reused',
    title: 'S1 after purge and retention offsets go on where they were',
    proves: 'stream.retention',
    needs: ['inspect', 'stream.receipts'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('stream', { guarantees: { keepCount: 3 } })
      await link.publishAll(topic, upTo(10))
      await link.manage(topic, { op: 'purge' })
      expectSame((await link.publish(topic, 'after')).offset, 10, 'offset after the purge')
      const state = await link.manage(topic, { op: 'inspect' })
      expectSame(state.next, 11, 'next offset')
    },
  },
])
