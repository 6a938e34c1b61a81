/** What payloads may be, and what becomes of those that may not. */

import { expect, test } from 'vitest'
import { z } from 'zod'
import { EncodedBody } from '../../src/body.js'
import { createBus } from '../../src/bus/create-bus.js'
import type { Trouble } from '../../src/bus.js'
import { contract } from '../../src/contract/contract.js'
import { event, queue } from '../../src/contract/factories.js'
import { memory } from '../../src/memory/memory.js'
import type { AnyTopic } from '../../src/topic.js'
import type { Connect, Transport } from '../../src/transport.js'
import { airport } from './airport.js'

const bag = { tag: 't1', flight: 'KL1', kg: 3 }

/** Puts raw bytes onto a wire, as a peer with another build would. */
async function inject(connect: Connect, topic: AnyTopic, text: string): Promise<Transport> {
  const clock = { now: () => 0, monotonic: () => 0, after: () => ({ cancel() {} }) }
  const transport = await connect({
    service: 'old',
    instance: 'old-1',
    clock,
    random: () => 0.5,
    onState() {},
  })
  const { signal } = new AbortController()
  await transport.declare(topic.channel, signal)
  const body = new EncodedBody('json', new TextEncoder().encode(text))
  const message = { id: 'raw-1', address: topic.name, key: undefined, headers: {}, time: 0, body }
  await transport.publish({ channel: topic.channel, message }, signal)
  return transport
}

test('C1 an invalid payload is refused with its paths before anything is sent, and never quoted', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const error: unknown = await bus
    .send(airport.moveBag, { ...bag, kg: 4_711 })
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({
    code: 'SCHEMA_INVALID',
    outcome: 'rejected',
    details: { topic: 'airport.moveBag', issues: [{ path: 'kg' }] },
  })
  expect(String(error)).not.toContain('4711')
  expect(await bus.inspect(airport.moveBag)).toMatchObject({ received: 0 })
})

test.each([
  ['NaN', { ...bag, kg: Number.NaN }, 'UNENCODABLE'],
  ['-0', { ...bag, kg: -0 }, 'UNENCODABLE'],
  ['a Date', new Date(0), 'UNENCODABLE'],
  ['a missing member', { tag: 't1' }, 'SCHEMA_INVALID'],
  ['null', null, 'SCHEMA_INVALID'],
  ['an array', [bag], 'SCHEMA_INVALID'],
  ['undefined', undefined, 'UNENCODABLE'],
])('F66 F11 %s is refused', async (_, value, code) => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  await expect(bus.send(airport.moveBag, value as typeof bag)).rejects.toMatchObject({
    code,
    outcome: 'rejected',
  })
})

test('TOO_LARGE counts bytes, not the estimate', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  await bus.send(airport.tinyBag, { note: 'x'.repeat(64 - 11) })
  await expect(bus.send(airport.tinyBag, { note: 'x'.repeat(64 - 10) })).rejects.toMatchObject({
    code: 'TOO_LARGE',
    details: { bytes: 65, maxBytes: 64 },
  })
  await expect(bus.send(airport.tinyBag, { note: 'é'.repeat(27) })).rejects.toMatchObject({
    code: 'TOO_LARGE',
  })
})

test('C2 invalid inbound of a queue: no handler, no retry, a dead letter with bytes and paths', async () => {
  const wire = memory()
  await using bus = await createBus({ service: 'baggage', transport: wire })
  const invalid: unknown[] = []
  let runs = 0
  await bus.work(
    airport.moveBag,
    () => {
      runs += 1
    },
    { onInvalid: (seen) => invalid.push(seen) },
  )
  const raw = await inject(wire, airport.moveBag, '{"tag":"t1","kg":"secret"}')
  await raw.close(new AbortController().signal)
  expect((await bus.deadLetters(airport.moveBag).list()).letters).toMatchObject([
    {
      id: 'raw-1',
      reason: 'schema',
      payload: { tag: 't1', kg: 'secret' },
      lastFailure: { code: 'SCHEMA_INVALID', issues: [{ path: 'flight' }, { path: 'kg' }] },
    },
  ])
  expect(invalid).toMatchObject([{ id: 'raw-1', issues: [{ path: 'flight' }, { path: 'kg' }] }])
  expect(runs).toBe(0)
  expect(bus.status.refused).toBe(1)
})

test('C2 invalid and undecodable plain events are counted and told, and nothing else happens', async () => {
  const wire = memory()
  await using bus = await createBus({ service: 'board', transport: wire })
  const troubles: Trouble[] = []
  bus.status.on('trouble', (trouble) => troubles.push(trouble))
  let runs = 0
  await bus.subscribe(airport.landed, () => {
    runs += 1
  })
  await inject(wire, airport.landed, '{"flight":3}')
  await inject(wire, airport.landed, '{"flight":')
  await bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })
  await bus.inspect(airport.landed)
  expect(troubles.map(({ code }) => code)).toEqual(['SCHEMA_INVALID', 'UNENCODABLE'])
  expect(runs).toBe(1)
})

test('an undecodable queue message becomes a dead letter of that reason', async () => {
  const wire = memory()
  await using bus = await createBus({ service: 'baggage', transport: wire })
  await bus.work(airport.moveBag, () => undefined)
  await inject(wire, airport.moveBag, 'no json')
  await bus.inspect(airport.moveBag)
  expect((await bus.deadLetters(airport.moveBag).list()).letters).toMatchObject([
    { reason: 'undecodable', payload: undefined },
  ])
})

test('C3 a schema that throws counts as invalid', async () => {
  const odd = contract('odd', {
    fussy: event(
      z.string().refine(() => {
        throw new RangeError('boom')
      }),
    ),
  })
  await using bus = await createBus({ service: 'tower', transport: memory() })
  await expect(bus.publish(odd.fussy, 'x')).rejects.toMatchObject({ code: 'SCHEMA_INVALID' })
})

test('C4 F68 the input form travels, the output is made once per delivery, also after a retry', async () => {
  const times = contract('times', {
    job: queue(
      z.object({
        at: z.codec(z.iso.datetime(), z.date(), {
          decode: (text) => new Date(text),
          encode: (date) => date.toISOString(),
        }),
        tries: z.number().default(1),
      }),
      { retry: { attempts: 2, backoff: 'fixed', initialMs: 1, maxMs: 1 } },
    ),
  })
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const seen: unknown[] = []
  await new Promise<void>((finish) => {
    void bus.work(times.job, (job, ctx) => {
      seen.push({ ...job })
      job.tries += 5
      if (ctx.attempt === 1) throw new Error('again')
      finish()
    })
    void bus.send(times.job, { at: '2026-11-22T12:00:00.000Z' })
  })
  const output = { at: new Date('2026-11-22T12:00:00.000Z'), tries: 1 }
  expect(seen).toEqual([output, output])
})

test('C6 neither the publisher nor another subscriber sees a later change', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const seen: unknown[] = []
  for (const group of ['a', 'b', 'c']) {
    await bus.subscribe(
      airport.landed,
      (value) => {
        seen.push({ ...value })
        value.gate = group
      },
      { group },
    )
  }
  const value = { flight: 'KL1', gate: 'Z', secret: 1 }
  const sent = bus.publish(airport.landed, value)
  value.gate = 'changed'
  await sent
  await bus.inspect(airport.landed)
  expect(seen).toEqual(Array.from({ length: 3 }, () => ({ flight: 'KL1', gate: 'Z' })))
})

test('a schema that takes its time still isolates and refuses', async () => {
  const slow = contract('slow', { seen: event(z.object({ n: z.number() }).refine(async ({ n }) => n > 0)) })
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const seen: number[] = []
  const got = new Promise<void>((finish) => {
    void bus.subscribe(slow.seen, async ({ n }) => {
      seen.push(n)
      finish()
    })
  })
  await bus.declare(slow)
  const value = { n: 1 }
  const sent = bus.publish(slow.seen, value)
  value.n = 2
  await sent
  await got
  expect(seen).toEqual([1])
  await expect(bus.publish(slow.seen, { n: -1 })).rejects.toMatchObject({ code: 'SCHEMA_INVALID' })
})
