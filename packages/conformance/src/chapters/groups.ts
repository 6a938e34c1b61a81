/** Groups: every group a copy, one member each. */

import { done } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Item } from '../seam/inbox.js'
import { mailbox } from '../seam/mailbox.js'
import { sorted, upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

export const groups = chapter('groups', [
  {
    name: 'every-group-a-copy',
    title: 'E3 two groups each get every event',
    proves: 'event.groups',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      const [a, b] = [await one.consume(topic, { group: 'a' }), await two.consume(topic, { group: 'b' })]
      await one.publishAll(topic, upTo(20))
      expectSame(valuesOf(await a.take(20, 'copies of a')), upTo(20), 'group a')
      expectSame(valuesOf(await b.take(20, 'copies of b')), upTo(20), 'group b')
    },
  },
  {
    name: 'one-member-each',
    title: 'E3 within a group one member handles each event, on whichever link it is',
    proves: 'event.groups',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      const handled = mailbox<Item>()
      const handle = (item: Item) => {
        handled.put(item)
        return done
      }
      for (const link of [one, two, two]) await link.consume(topic, { group: 'g', handle })
      await one.publishAll(topic, upTo(50))
      const items = await handled.take(50, 'events')
      expectSame(sorted(valuesOf(items)), upTo(50), 'handled in all')
      await one.publish(topic, 'marker')
      expectSame((await handled.next('the marker')).value, 'marker', 'the next event')
    },
  },
  {
    name: 'groups-beside-single-consumers',
    title: 'a consumer without a group gets its copy beside a group',
    proves: 'event.groups',
    needs: ['event.each'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event')
      const single = await link.consume(topic)
      const member = await link.consume(topic, { group: 'g' })
      await link.publishAll(topic, upTo(10))
      expectSame(valuesOf(await single.take(10, 'copies')), upTo(10), 'single consumer')
      expectSame(valuesOf(await member.take(10, 'copies')), upTo(10), 'group')
    },
  },
  {
    name: 'the-others-take-over',
    title: 'E3 when a member leaves, the rest of its group gets everything',
    proves: 'event.groups',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event')
      const leaver = await link.consume(topic, { group: 'g' })
      const stayer = await link.consume(topic, { group: 'g' })
      await within(leaver.consumer.close(), 'close()')
      await link.publishAll(topic, upTo(10))
      expectSame(valuesOf(await stayer.take(10, 'the rest')), upTo(10), 'events')
      expectSame(leaver.all.length, 0, 'events of the leaver')
    },
  },
  {
    name: 'patterns-of-a-group',
    title: 'a group hears only what the pattern of its members lets in',
    proves: 'event.groups',
    needs: ['event.path'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', { params: ['airline'] })
      const inbox = await link.consume(topic, { group: 'g', path: ['KL'] })
      await link.publish(topic, 'BA', { path: ['BA'] })
      await link.publish(topic, 'KL', { path: ['KL'] })
      expectSame((await inbox.next('the match')).value, 'KL', 'first event')
    },
  },
  {
    name: 'tracked-groups-keep',
    title: 'E3 what is published while a group of a tracked event is away waits for it',
    proves: 'event.retry',
    needs: ['event.groups'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', { guarantees: { tracked: true } })
      const before = await link.consume(topic, { group: 'g' })
      await within(before.consumer.close(), 'close()')
      await link.publishAll(topic, upTo(5))
      const after = await link.consume(topic, { group: 'g' })
      expectSame(valuesOf(await after.take(5, 'what was kept')), upTo(5), 'events')
      expectThat(
        after.all.every((item) => item.attempt === 1),
        'nothing was tried before',
      )
    },
  },
])
