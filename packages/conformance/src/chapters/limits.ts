/** Sizes and names at the border of what is allowed: the last good one passes, the next is refused by name. */

import { chapter } from '../case.js'
import { expectRefusal, expectSame } from '../expectation.js'
import type { Scene } from '../scene.js'
import { patternBytes, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

const path = { params: ['token'] }

/** Refused as an INVALID_TOPIC, with the link as good as before. */
async function refusesToken(scene: Scene, token: string): Promise<void> {
  const link = await scene.link()
  const topic = scene.channel('event', path)
  const inbox = await link.consume(topic)
  const error = await expectRefusal(
    () => link.publish(topic, 1, { path: [token] }),
    'INVALID_TOPIC',
    `publishing to ${JSON.stringify(token.slice(0, 20))}`,
  )
  expectSame(error.outcome, 'rejected', 'outcome')
  await link.publish(topic, 'marker', { path: ['fine'] })
  expectSame((await inbox.next('the marker')).value, 'marker', 'first event')
}

export const limits = chapter('limits', [
  {
    name: 'largest-of-a-topic',
    title: 'F11 a payload of exactly maxBytes passes',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: { maxBytes: 5_000 } })
      await link.publish(topic, undefined, { bytes: patternBytes(5_000) })
      const { message } = await (await link.consume(topic)).next('the message')
      expectSame(message.body.bytes().byteLength, 5_000, 'bytes')
    },
  },
  {
    name: 'too-large-for-a-topic',
    title: 'F2 a payload above maxBytes is refused with TOO_LARGE, and the link stays',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: { maxBytes: 5_000 } })
      const bytes = patternBytes(5_001)
      const error = await expectRefusal(() => link.publish(topic, 0, { bytes }), 'TOO_LARGE', 'publish')
      expectSame(error.outcome, 'rejected', 'outcome')
      await link.publish(topic, 'marker')
      expectSame(valuesOf(await (await link.consume(topic)).take(1, 'the marker')), ['marker'], 'messages')
    },
  },
  {
    name: 'too-large-for-the-transport',
    title: 'F2 a payload above the transport’s own limit is refused with TOO_LARGE, and the link stays',
    proves: 'queue',
    async run(scene) {
      const { maxMessageBytes } = scene.capabilities.limits
      // No case may need more memory than a small machine has.
      if (maxMessageBytes > 64 * 1_048_576) return
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: { maxBytes: maxMessageBytes * 2 } })
      const bytes = new Uint8Array(maxMessageBytes + 1)
      await expectRefusal(() => link.publish(topic, 0, { bytes }), 'TOO_LARGE', 'publish')
      await within(link.publish(topic, 'marker'), 'the marker')
    },
  },
  {
    name: 'wildcard-in-an-address',
    title: 'F15 a wildcard in the address of a message is refused',
    proves: 'event.path',
    async run(scene) {
      await refusesToken(scene, '*')
      await refusesToken(scene, '**')
    },
  },
  {
    name: 'empty-token',
    title: 'F15 an empty token is refused',
    proves: 'event.path',
    run: (scene) => refusesToken(scene, ''),
  },
  {
    name: 'control-characters',
    title: 'F15 CR, LF and NUL in an address are refused',
    proves: 'event.path',
    async run(scene) {
      for (const token of ['a\r', 'a\nb', '\0']) await refusesToken(scene, token)
    },
  },
  {
    name: 'address-too-long',
    title: 'F15 an address of more than 1,024 bytes is refused, one of 1,024 passes',
    proves: 'event.path',
    async run(scene) {
      const topic = scene.channel('event', path)
      const room = 1_024 - topic.name.length - 1
      await refusesToken(scene, 'x'.repeat(room + 1))
      const link = await scene.link()
      const inbox = await link.consume(topic)
      await link.publish(topic, 1, { path: ['x'.repeat(room)] })
      expectSame((await inbox.next('the event')).message.address.length, 1_024, 'length of the address')
    },
  },
  {
    name: 'malformed-patterns',
    title: 'F15 a pattern with a wildcard in the wrong place is refused',
    proves: 'event.path',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', { params: ['a', 'b'] })
      for (const tail of ['**.x', 'x*.y', '.x']) {
        const pattern = `${topic.name}.${tail}`
        await expectRefusal(() => link.consume(topic, { pattern }), 'INVALID_TOPIC', `pattern ${tail}`)
      }
    },
  },
  {
    name: 'names-of-object-properties',
    title: 'F9 tokens such as __proto__ and constructor are names like others',
    proves: 'event.path',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', path)
      const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString']
      const inbox = await link.consume(topic)
      const exact = await link.consume(topic, { path: ['constructor'] })
      for (const name of names) await link.publish(topic, name, { path: [name] })
      expectSame(valuesOf(await inbox.take(4, 'events')), names, 'events')
      expectSame((await exact.next('the match')).value, 'constructor', 'match')
    },
  },
  {
    name: 'reserved-names',
    title: 'F14 the reserved `$` namespace is closed to clients',
    proves: 'event',
    async run(scene) {
      const link = await scene.link()
      const topic = { ...scene.channel('event'), name: '$system.x' }
      await expectRefusal(
        async () => {
          await link.declare(topic)
          await link.publish(topic, 1)
        },
        ['PERMISSION_DENIED', 'INVALID_TOPIC'],
        'publishing to $system.x',
      )
    },
  },
])
