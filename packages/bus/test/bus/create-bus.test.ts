/** What createBus and the first use of a topic refuse. */

import { expect, test } from 'vitest'
import { z } from 'zod'
import { createBus } from '../../src/bus/create-bus.js'
import type { Bus, BusOptions, Trouble } from '../../src/bus.js'
import type { Feature } from '../../src/capabilities.js'
import { contract } from '../../src/contract/contract.js'
import { event, queue } from '../../src/contract/factories.js'
import { memory } from '../../src/memory/memory.js'
import type { Connect } from '../../src/transport.js'
import { airport } from './airport.js'

const bag = { tag: 't1', flight: 'KL1', kg: 3 }

test.each([
  ['service', { service: 'two words' }],
  ['service', { service: '' }],
  ['transport', { transport: 'tcp://localhost' }],
  ['drainTimeoutMs', { drainTimeoutMs: Number.NaN }],
  ['contracts', { contracts: 'lax' }],
  ['middleware', { middleware: [1] }],
  ['drainTimeout"', { drainTimeout: 5 }],
])('F80 a wrong %s is refused by name', async (name, wrong) => {
  const options = { service: 'tower', transport: memory(), ...wrong } as BusOptions
  await expect(createBus(options)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining(name),
  })
})

/** Memory without one feature. */
function without(feature: Feature): Connect {
  const connect = memory()
  return async (host) => {
    const transport = await connect(host)
    const { features, limits } = transport.capabilities
    return {
      ...transport,
      name: 'lame',
      capabilities: { features: { ...features, [feature]: 'none' }, limits },
    }
  }
}

test.each<[Feature, (bus: Bus) => Promise<unknown>]>([
  ['event', (bus) => bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })],
  ['event.path', (bus) => bus.subscribe(airport.taxiing, () => undefined)],
  ['event.retry', (bus) => bus.publish(airport.boarding, { gate: 'A' })],
  ['event.each', (bus) => bus.subscribe(airport.landed, () => undefined, { group: 'each' })],
  [
    'event.block',
    (bus) => bus.subscribe(airport.landed, () => undefined, { group: 'each', buffer: { overflow: 'block' } }),
  ],
  ['event.groups', (bus) => bus.subscribe(airport.landed, () => undefined)],
  ['queue.retry', (bus) => bus.send(airport.moveBag, bag)],
  ['queue.order', (bus) => bus.send(airport.keyedBag, bag)],
  ['queue.priority', (bus) => bus.work(airport.urgentBag, () => undefined)],
  ['queue.delay', (bus) => bus.send(airport.moveBag, bag, { delayMs: 1 })],
  ['request.streamed', (bus) => bus.declare({ departures: airport.departures })],
  ['pair', (bus) => bus.dial(airport.hotline)],
  ['stream.groups', (bus) => bus.subscribe(airport.radar, () => undefined)],
  ['inspect', (bus) => bus.inspect(airport.landed)],
])('F84 without %s the first use fails with UNSUPPORTED', async (feature, use) => {
  await using bus = await createBus({ service: 'tower', transport: without(feature) })
  await expect(use(bus)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    outcome: 'rejected',
    message: expect.stringContaining('lame'),
    details: { feature, transport: 'lame' },
  })
})

test('F84 durable is refused on memory, naming who has it', async () => {
  const books = contract('books', { sold: queue(z.object({ n: z.number() }), { durable: true }) })
  await using bus = await createBus({ service: 'shop', transport: memory() })
  await expect(bus.send(books.sold, { n: 1 })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringMatching(/books\.sold.*durable.*memory.*hub with a store/),
  })
})

test('F70 two declarations of one name in one process are refused, naming both places', async () => {
  const one = contract('twin', { seen: event(z.object({ n: z.number() })) })
  const two = contract('twin', { seen: event(z.object({ n: z.string() })) })
  const same = contract('twin', { seen: event(z.object({ n: z.number() })) })
  await using bus = await createBus({ service: 'shop', transport: memory() })
  await bus.publish(one.seen, { n: 1 })
  await bus.publish(same.seen, { n: 2 })
  await expect(bus.publish(two.seen, { n: '3' })).rejects.toMatchObject({
    code: 'CONTRACT_MISMATCH',
    message: expect.stringMatching(/create-bus\.test\.ts:\d+.*create-bus\.test\.ts:\d+/),
  })
})

test('C5 F69 strict refuses another build of a contract, compatible lets the schema judge', async () => {
  const wire = memory()
  const old = contract('skew', { seen: queue(z.object({ n: z.number() })) })
  const newer = contract('skew', { seen: queue(z.object({ n: z.number(), more: z.string().optional() })) })
  await using first = await createBus({ service: 'old', transport: wire })
  await using second = await createBus({ service: 'new', transport: wire })
  await using strict = await createBus({ service: 'strict', transport: wire, contracts: 'strict' })
  await first.declare(old)
  await second.send(newer.seen, { n: 1, more: 'x' })
  await expect(strict.send(newer.seen, { n: 1 })).rejects.toMatchObject({ code: 'CONTRACT_MISMATCH' })
  const seen: unknown[] = []
  await first.work(old.seen, (value) => void seen.push(value))
  await first.inspect(old.seen)
  expect(seen).toEqual([{ n: 1 }])
})

test('misuse in plain JavaScript is a TypeError that teaches', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  // @ts-expect-error an event takes other verbs
  await expect(bus.send(airport.landed, { flight: 'KL1', gate: 'A' })).rejects.toThrow(
    'bus.publish() and bus.subscribe()',
  )
  // @ts-expect-error no topic
  await expect(bus.publish('airport.landed', {})).rejects.toThrow('topic of a contract')
  // @ts-expect-error no handler
  await expect(bus.work(airport.moveBag)).rejects.toThrow('needs a function')
})

test('a listener that throws keeps nobody else from hearing, and off is off', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const heard: Trouble[] = []
  bus.status.on('trouble', () => {
    throw new Error('bad listener')
  })
  const off = bus.status.on('trouble', (trouble) => heard.push(trouble))
  await bus.subscribe(airport.landed, () => {
    throw new Error('bad handler')
  })
  await bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })
  await bus.inspect(airport.landed)
  off()
  await bus.publish(airport.landed, { flight: 'KL2', gate: 'A' })
  await bus.inspect(airport.landed)
  expect(heard).toMatchObject([{ code: 'HANDLER_FAILED', error: { message: 'bad handler' } }])
})

test('F84 without dedupe a window that a topic names is refused, the default of durable topics is not', async () => {
  const shop = contract('shop', {
    named: queue(z.number(), { dedupeMs: 1_000 }),
    kept: queue(z.number(), { durable: true }),
  })
  await using bus = await createBus({ service: 'shop', transport: without('dedupe') })
  await expect(bus.send(shop.named, 1)).rejects.toMatchObject({ details: { feature: 'dedupe' } })
  await expect(bus.send(shop.kept, 1)).rejects.toMatchObject({ details: { feature: 'durable' } })
})
