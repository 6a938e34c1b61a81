/** Sizes and names at the border of what is allowed: the last good one passes, the next is refused by name. */

import { contract, event, queue } from 'busbar'
import { z } from 'zod'
import { chapter } from '../case.js'
import { expectRefusal, expectSame, expectThat } from '../expectation.js'
import { mailbox } from '../seam/mailbox.js'
import { valuesOf } from '../seam/values.js'
import { within } from '../within.js'

/** No case may need more memory than a small machine has. */
const enoughBytes = 64 * 1_048_576

export const limits = chapter('limits', [
  {
    name: 'largest-of-a-topic',
    title: 'F11 a payload of exactly maxBytes passes',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: { maxBytes: 5_000 } })
      await link.publish(topic, 'x'.repeat(4_998))
      const { message } = await (await link.consume(topic)).next('the message')
      expectSame(message.body.bytes().byteLength, 5_000, 'bytes')
    },
  },
  {
    name: 'largest-of-the-transport',
    title: 'F11 a payload of exactly the transport’s own limit passes',
    proves: 'queue',
    async run(scene) {
      const { maxMessageBytes } = scene.capabilities.limits
      if (maxMessageBytes > enoughBytes) return
      const [sender, worker] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue', { guarantees: { maxBytes: maxMessageBytes } })
      await within(sender.publish(topic, 0, { bytes: new Uint8Array(maxMessageBytes) }), 'the receipt')
      const { message } = await (await worker.consume(topic)).next('the message')
      expectSame(message.body.bytes().byteLength, maxMessageBytes, 'bytes')
    },
  },
  {
    name: 'too-large-for-the-transport',
    title: 'F2 a payload above the transport’s own limit is refused with TOO_LARGE, and the link stays',
    proves: 'queue',
    async run(scene) {
      const { maxMessageBytes } = scene.capabilities.limits
      if (maxMessageBytes > enoughBytes) return
      const link = await scene.link()
      const topic = scene.channel('queue', { guarantees: { maxBytes: maxMessageBytes * 2 } })
      const bytes = new Uint8Array(maxMessageBytes + 1)
      const error = await expectRefusal(() => link.publish(topic, 0, { bytes }), 'TOO_LARGE', 'publish')
      expectSame(error.outcome, 'rejected', 'outcome')
      await within(link.publish(topic, 'marker'), 'the receipt of the marker')
      expectSame(valuesOf(await (await link.consume(topic)).take(1, 'the marker')), ['marker'], 'messages')
    },
  },
  {
    name: 'longest-address',
    title: 'F15 an address of 1,024 bytes passes',
    proves: 'event.path',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', { params: ['token'] })
      const inbox = await link.consume(topic)
      await link.publish(topic, 1, { path: ['x'.repeat(1_024 - topic.name.length - 1)] })
      expectSame((await inbox.next('the event')).message.address.length, 1_024, 'length of the address')
    },
  },
  {
    name: 'names-of-object-properties',
    title: 'F9 tokens such as __proto__ and constructor are names like others',
    proves: 'event.path',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', { params: ['token'] })
      const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString']
      const inbox = await link.consume(topic)
      for (const name of names) await link.publish(topic, name, { path: [name] })
      expectSame(valuesOf(await inbox.take(4, 'events')), names, 'events')
      expectThat(!('polluted' in {}), 'no prototype was touched')
    },
  },
  {
    name: 'odd-path-values',
    title: 'F15 wildcards, dots, CR, LF, NUL and any other text are data in a path',
    proves: 'event.path',
    needs: ['event.groups'],
    async run(scene) {
      const airport = contract(scene.id, { landed: event(z.number(), { path: '{airline}.{flight}' }) })
      const [tower, board] = [await scene.bus('tower'), await scene.bus('board')]
      const oddities = ['*', '**', '.', 'a.b', 'a\r\nb', '\0', '%', '%2A', ' ', 'ü𝄞', '$SYS', '>', '#', '/']
      const seen = mailbox<unknown>()
      const exact = mailbox<unknown>()
      await board.subscribe(airport.landed, (_, ctx) => seen.put(ctx.params.flight))
      await board.subscribe(airport.landed, (_, ctx) => exact.put(ctx.params.flight), {
        group: 'exact',
        where: { flight: '*' },
      })
      for (const flight of oddities) {
        await tower.publish(airport.landed, 1, { params: { airline: 'KL', flight } })
      }
      expectSame(await seen.take(oddities.length, 'events'), oddities, 'values of the path')
      await tower.publish(airport.landed, 1, { params: { airline: 'marker', flight: '*' } })
      expectSame(await exact.take(2, 'events of the star'), ['*', '*'], 'what a literal star matches')
    },
  },
  {
    name: 'bad-path-values',
    title: 'F15 an empty path value and an address above 1,024 bytes are refused with INVALID_TOPIC',
    proves: 'event.path',
    async run(scene) {
      const airport = contract(scene.id, { landed: event(z.number(), { path: '{airline}' }) })
      const bus = await scene.bus('tower')
      for (const airline of ['', 'x'.repeat(1_024)]) {
        const error = await expectRefusal(
          () => bus.publish(airport.landed, 1, { params: { airline } }),
          'INVALID_TOPIC',
          'publish',
        )
        expectSame(error.outcome, 'rejected', 'outcome')
      }
      await within(bus.publish(airport.landed, 1, { params: { airline: 'KL' } }), 'the receipt of a good one')
    },
  },
  {
    name: 'longest-delay',
    title: 'a delay above the transport’s limit is refused, not cut short',
    proves: 'queue.delay',
    needs: ['queue.retry'],
    async run(scene) {
      const { maxDelayMs } = scene.capabilities.limits
      if (!Number.isSafeInteger(maxDelayMs * 2)) return
      const airport = contract(scene.id, { bag: queue(z.number()) })
      const bus = await scene.bus('tower')
      await expectRefusal(
        () => bus.send(airport.bag, 1, { delayMs: maxDelayMs + 1 }),
        ['INVALID_OPTION', 'UNSUPPORTED'],
        'send',
      )
    },
  },
])
