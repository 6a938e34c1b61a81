/** Plain events: who gets a copy, from when on, and by which pattern. */

import { chapter } from '../case.js'
import { expectSame } from '../expectation.js'
import { upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

const landed = { params: ['airline', 'flight'] }

export const subscribe = chapter('subscribe', [
  {
    name: 'effective-at-once',
    title: 'E1 once consume() has resolved, what any link publishes arrives',
    proves: 'event',
    async run(scene) {
      const [sender, receiver] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      await sender.declare(topic)
      const inbox = await receiver.consume(topic)
      await sender.publish(topic, 'at once')
      expectSame((await inbox.next('the message')).value, 'at once', 'message')
    },
  },
  {
    name: 'nothing-from-before',
    title: 'E1 an event published before the subscription does not arrive',
    proves: 'event',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event')
      await link.publish(topic, 'before')
      const inbox = await link.consume(topic)
      await link.publish(topic, 'marker')
      expectSame((await inbox.next('the marker')).value, 'marker', 'first message')
    },
  },
  {
    name: 'each-message-once',
    title: 'E1 every receipted event arrives once',
    proves: 'event',
    async run(scene) {
      const [sender, receiver] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      const inbox = await receiver.consume(topic)
      await sender.publishAll(topic, upTo(300))
      await sender.publish(topic, 'marker')
      const items = await inbox.take(301, 'messages')
      expectSame(valuesOf(items), [...upTo(300), 'marker'], 'messages')
    },
  },
  {
    name: 'every-consumer-a-copy',
    title: 'E1 consumers without a group each get a copy, on one link and on several',
    proves: 'event.each',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      const inboxes = [await one.consume(topic), await one.consume(topic), await two.consume(topic)]
      await one.publishAll(topic, ['x', 'y'])
      for (const inbox of inboxes) expectSame(valuesOf(await inbox.take(2, 'copies')), ['x', 'y'], 'copies')
    },
  },
  {
    name: 'closed-consumer-hears-nothing',
    title: 'E1 a closed consumer gets nothing while another goes on',
    proves: 'event',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event')
      const [first, second] = [await link.consume(topic), await link.consume(topic)]
      await within(first.consumer.close(), 'close()')
      await link.publish(topic, 'x')
      await second.next('the message')
      expectSame(first.all.length, 0, 'messages after close()')
    },
  },
  {
    name: 'channels-are-apart',
    title: 'a consumer hears its own channel only, also beside names that begin alike',
    proves: 'event',
    async run(scene) {
      const link = await scene.link()
      const [topic, longer] = [
        scene.channel('event', { label: 'a' }),
        scene.channel('event', { label: 'ab' }),
      ]
      const inbox = await link.consume(topic)
      await link.publish(longer, 'not for us')
      await link.publish(topic, 'marker')
      expectSame((await inbox.next('the marker')).value, 'marker', 'first message')
    },
  },
  {
    name: 'one-token-wildcard',
    title: '`*` stands for one token in its place',
    proves: 'event.path',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', landed)
      const inbox = await link.consume(topic, { path: ['*', '23'] })
      await link.publish(topic, 1, { path: ['KL', '23'] })
      await link.publish(topic, 2, { path: ['KL', '24'] })
      await link.publish(topic, 3, { path: ['23', 'KL'] })
      await link.publish(topic, 4, { path: ['BA', '23'] })
      expectSame(valuesOf(await inbox.take(2, 'matches')), [1, 4], 'matches')
    },
  },
  {
    name: 'rest-wildcard',
    title: '`**` stands for one or more tokens at the end',
    proves: 'event.path',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', landed)
      const inbox = await link.consume(topic, { pattern: `${topic.name}.KL.**` })
      await link.publish(topic, 1, { path: ['BA', 'KL'] })
      await link.publish(topic, 2, { path: ['KL', '1'] })
      await link.publish(topic, 3, { path: ['KL', '2'] })
      expectSame(valuesOf(await inbox.take(2, 'matches')), [2, 3], 'matches')
    },
  },
  {
    name: 'exact-path',
    title: 'a pattern without wildcards matches that address alone',
    proves: 'event.path',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', landed)
      const inbox = await link.consume(topic, { path: ['KL', '23'] })
      await link.publish(topic, 1, { path: ['KL', '230'] })
      await link.publish(topic, 2, { path: ['kl', '23'] })
      await link.publish(topic, 3, { path: ['KL', '23'] })
      expectSame((await inbox.next('the match')).value, 3, 'first match')
    },
  },
  {
    name: 'overlapping-patterns',
    title: 'consumers with overlapping patterns each get one copy',
    proves: 'event.path',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', landed)
      const inboxes = await Promise.all(
        [
          ['KL', '*'],
          ['*', '23'],
          ['*', '*'],
          ['KL', '23'],
        ].map((path) => link.consume(topic, { path })),
      )
      await link.publish(topic, 'x', { path: ['KL', '23'] })
      await link.publish(topic, 'marker', { path: ['KL', '23'] })
      for (const inbox of inboxes) {
        expectSame(valuesOf(await inbox.take(2, 'copies')), ['x', 'marker'], 'copies')
      }
    },
  },
])
