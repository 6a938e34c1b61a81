/** A whole bus on top of the transport: what schemas promise on both sides, and contracts that differ. */

import { contract, event, queue } from 'busbar'
import { z } from 'zod'
import { chapter } from '../case.js'
import { expectRefusal, expectSame, expectThat } from '../expectation.js'
import type { Scene } from '../scene.js'
import { mailbox } from '../seam/mailbox.js'
import { within } from '../within.js'

const quick = { attempts: 3, backoff: 'fixed', initialMs: 1, maxMs: 1 } as const

/** Sends a value through an event topic that takes anything, and gives what arrives. */
async function echo(scene: Scene, values: readonly unknown[]): Promise<unknown[]> {
  const odd = contract(scene.id, { any: event(z.json()) })
  const [sender, receiver] = [await scene.bus('sender'), await scene.bus('receiver')]
  const seen = mailbox<unknown>()
  await receiver.subscribe(odd.any, (value) => seen.put(value))
  for (const value of values) await sender.publish(odd.any, value as z.infer<ReturnType<typeof z.json>>)
  return seen.take(values.length, 'values')
}

export const busSchemas = chapter('bus-schemas', [
  {
    name: 'invalid-is-refused-at-the-sender',
    title: 'C1 an invalid value is refused with path and reason before anything is sent',
    proves: 'queue',
    needs: ['queue.retry', 'inspect'],
    async run(scene) {
      const airport = contract(scene.id, { bag: queue(z.object({ kg: z.number().max(32) })) })
      const tower = await scene.bus('tower')
      const error = await expectRefusal(
        () => tower.send(airport.bag, { kg: 987_654 }),
        'SCHEMA_INVALID',
        'send',
      )
      expectSame(error.outcome, 'rejected', 'outcome')
      expectThat(JSON.stringify(error.details).includes('kg'), 'the error names the path')
      expectThat(!error.message.includes('987'), 'the error does not repeat the value')
      expectSame((await tower.inspect(airport.bag)).received, 0, 'messages received')
    },
  },
  {
    name: 'invalid-inbound-is-quarantined',
    title: 'C2 what a newer producer sends and this consumer cannot read is a dead letter at once, unhandled',
    proves: 'deadletters',
    needs: ['queue', 'queue.retry'],
    async run(scene) {
      const v1 = contract(scene.id, { bag: queue(z.object({ kg: z.number() }), { retry: quick }) })
      const v2 = contract(scene.id, { bag: queue(z.object({ kg: z.string() }), { retry: quick }) })
      const [producer, consumer] = [await scene.bus('producer'), await scene.bus('consumer')]
      const handled = mailbox<unknown>()
      await consumer.work(v1.bag, (bag) => handled.put(bag))
      await producer.send(v2.bag, { kg: '23 kg' })
      const other = await scene.bus('other')
      await other.send(v1.bag, { kg: 1 })
      expectSame(await handled.next('the readable bag'), { kg: 1 }, 'first bag handled')
      const { letters } = await consumer.deadLetters(v1.bag).list()
      expectSame(
        letters.map(({ reason, attempts, payload }) => [reason, attempts, payload]),
        [['schema', 1, { kg: '23 kg' }]],
        'letters',
      )
      expectThat(
        (letters[0]?.lastFailure?.issues ?? []).some((issue) => issue.path === 'kg'),
        'the path is told',
      )
    },
  },
  {
    name: 'transforms-run-once',
    title: 'C4 transforms and defaults run once, at the consumer, also after a redelivery',
    proves: 'queue.retry',
    async run(scene) {
      const airport = contract(scene.id, {
        bag: queue(
          z.object({
            kg: z.codec(z.string(), z.number(), {
              decode: (text) => Number(text) * 2,
              encode: (n) => `${n / 2}`,
            }),
            colour: z.string().default('red'),
          }),
          { retry: quick },
        ),
      })
      const [tower, baggage] = [await scene.bus('tower'), await scene.bus('baggage')]
      const seen = mailbox<unknown>()
      await baggage.work(airport.bag, (bag, ctx) => {
        seen.put(bag)
        return ctx.attempt === 1 ? ctx.retry({ afterMs: 1 }) : undefined
      })
      await tower.send(airport.bag, { kg: '4' })
      const output = { kg: 8, colour: 'red' }
      expectSame(await seen.take(2, 'bags'), [output, output], 'bags')
    },
  },
  {
    name: 'another-build-is-let-in',
    title: 'C5 by default a build that differs is let in, and strict refuses it with CONTRACT_MISMATCH',
    proves: 'inspect',
    needs: ['event', 'event.groups'],
    async run(scene) {
      const v1 = contract(scene.id, { landed: event(z.object({ gate: z.string() })) })
      const v2 = contract(scene.id, {
        landed: event(z.object({ gate: z.string(), belt: z.string().optional() })),
      })
      const [older, newer] = [await scene.bus('older'), await scene.bus('newer')]
      const seen = mailbox<unknown>()
      await older.subscribe(v1.landed, (value) => seen.put(value.gate))
      await newer.publish(v2.landed, { gate: 'B7', belt: '3' })
      expectSame(await seen.next('the event'), 'B7', 'gate')
      const strict = await scene.bus('strict', { contracts: 'strict' })
      await expectRefusal(() => strict.publish(v2.landed, { gate: 'B7' }), 'CONTRACT_MISMATCH', 'publish')
    },
  },
  {
    name: 'no-shared-state',
    title: 'C6 what the publisher changes after publishing is not seen, nor what another consumer changes',
    proves: 'event.each',
    async run(scene) {
      const airport = contract(scene.id, { landed: event(z.object({ bags: z.array(z.number()) })) })
      const tower = await scene.bus('tower')
      const seen = [mailbox<unknown>(), mailbox<unknown>()]
      for (const inbox of seen) {
        await tower.subscribe(
          airport.landed,
          (value) => {
            inbox.put([...value.bags])
            value.bags.push(99)
          },
          { group: 'each' },
        )
      }
      const value = { bags: [1, 2] }
      const published = tower.publish(airport.landed, value)
      value.bags.push(3)
      await published
      for (const inbox of seen) expectSame(await inbox.next('the event'), [1, 2], 'bags')
      expectSame(value.bags, [1, 2, 3], 'the value of the publisher')
    },
  },
  {
    name: 'unencodable-values',
    title: 'F11 NaN, infinities and -0 are refused before they are sent',
    proves: 'event',
    async run(scene) {
      const odd = contract(scene.id, { number: event(z.any()) })
      const bus = await scene.bus('sender')
      for (const value of [
        Number.NaN,
        Number.POSITIVE_INFINITY,
        -0,
        { deep: [-0] },
        10n,
        new Map(),
        () => 1,
      ]) {
        await expectRefusal(
          () => bus.publish(odd.number, value),
          ['UNENCODABLE', 'SCHEMA_INVALID'],
          `publishing ${Object.is(value, -0) ? '-0' : String(value)}`,
        )
      }
    },
  },
  {
    name: 'odd-values-round-trip',
    title: 'F11 odd strings, numbers and names arrive equal on every wire',
    proves: 'event',
    needs: ['event.groups'],
    async run(scene) {
      const values = ['', '\0', '\ud800', 'ü𝄞', null, 0, 1e308, 2 ** 53 - 1, [], {}, [[[]]], { '': 1 }, true]
      expectSame(await echo(scene, values), values, 'values')
    },
  },
  {
    name: 'prototype-names',
    title: 'F9 a payload with __proto__ as a name changes no prototype',
    proves: 'event',
    needs: ['event.groups'],
    async run(scene) {
      const value: unknown = JSON.parse('{"a":{"__proto__":{"polluted":1}},"constructor":{"prototype":1}}')
      const [seen] = await echo(scene, [value])
      expectSame(Object.keys(seen as object).sort(), ['a', 'constructor'], 'names')
      expectThat(!('polluted' in {}), 'no prototype was touched')
    },
  },
  {
    name: 'too-deep',
    title: 'F8 a payload of 65 levels is refused with DEPTH_EXCEEDED, one of 64 arrives',
    proves: 'event',
    needs: ['event.groups'],
    async run(scene) {
      const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
      expectSame((await echo(scene, [nested(64)]))[0], nested(64), 'value')
      const odd = contract(scene.id, { other: event(z.any()) })
      const bus = await scene.bus('deep')
      await expectRefusal(() => bus.publish(odd.other, nested(65)), 'DEPTH_EXCEEDED', 'publish')
    },
  },
  {
    name: 'too-large',
    title: 'F2 a value above maxBytes is refused with TOO_LARGE, and the bus goes on',
    proves: 'event',
    needs: ['event.groups'],
    async run(scene) {
      const small = contract(scene.id, { note: event(z.string(), { maxBytes: 100 }) })
      const [sender, receiver] = [await scene.bus('sender'), await scene.bus('receiver')]
      const seen = mailbox<string>()
      await receiver.subscribe(small.note, (value) => seen.put(value))
      // Three bytes each: 34 of them and the quotes are more than 100, though only 36 characters.
      const error = await expectRefusal(
        () => sender.publish(small.note, '€'.repeat(34)),
        'TOO_LARGE',
        'publish',
      )
      expectSame(error.outcome, 'rejected', 'outcome')
      await within(sender.publish(small.note, 'fits'), 'the receipt')
      expectSame(await seen.next('the note'), 'fits', 'note')
    },
  },
])
