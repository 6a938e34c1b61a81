/** Which wire a topic takes, and that it is held to what that wire can do. */

import { contract, createBus, event, memory, queue, stream } from 'busbar'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { route } from '../src/index.js'
import { lame } from './wires.js'

const air = contract('air', { landed: event(z.number()), bags: queue(z.number()), radar: stream(z.number()) })

test('the first route that matches is taken, and services meet on its wire', async () => {
  const [fast, rest] = [memory({ name: 'fast' }), memory({ name: 'rest' })]
  await using routed = await createBus({
    service: 'tower',
    transport: route({ 'air.landed': fast, 'air.*': rest }),
  })
  await using onFast = await createBus({ service: 'board', transport: fast })
  await using onRest = await createBus({ service: 'belt', transport: rest })
  const seen: unknown[] = []
  await onFast.subscribe(air.landed, (value) => void seen.push(['fast', value]))
  await onRest.subscribe(air.landed, (value) => void seen.push(['rest', value]))
  const worked = new Promise((resolve) => void onRest.work(air.bags, resolve))
  await routed.publish(air.landed, 1)
  await routed.send(air.bags, 2)
  expect(await worked).toBe(2)
  expect(seen).toEqual([['fast', 1]])
})

test('F84 a topic is refused what its own wire lacks, though another wire has it', async () => {
  const poor = lame('poor', 'event.each', 'queue.delay', 'stream.offset', 'inspect', 'deadletters')
  await using bus = await createBus({
    service: 'tower',
    transport: route({ 'air.**': poor.wire, '**': memory({ name: 'rich' }) }),
  })
  const refused = (feature: string) => ({ code: 'UNSUPPORTED', details: { feature, transport: 'poor' } })
  const each = bus.subscribe(air.landed, () => undefined, { group: 'each' })
  await expect(each).rejects.toMatchObject(refused('event.each'))
  await expect(bus.send(air.bags, 1, { delayMs: 5 })).rejects.toMatchObject(refused('queue.delay'))
  await expect(bus.inspect(air.bags)).rejects.toMatchObject(refused('inspect'))
  await expect(bus.deadLetters(air.bags).list()).rejects.toMatchObject(refused('deadletters'))
  const reading = bus
    .replay(air.radar, { from: { offset: 0 }, to: 'now' })
    [Symbol.asyncIterator]()
    .next()
  await expect(reading).rejects.toMatchObject(refused('stream.offset'))
  const other = contract('sea', { bags: queue(z.number()) })
  await expect(bus.send(other.bags, 1, { delayMs: 5 })).resolves.toMatchObject({ level: 'accepted' })
})

test('F84 a kind that the wire of a topic lacks is refused at its first use', async () => {
  const poor = lame('poor', 'stream')
  await using bus = await createBus({
    service: 'tower',
    transport: route({ 'air.radar': poor.wire, '**': memory() }),
  })
  await expect(bus.append(air.radar, 1)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    details: { feature: 'stream', transport: 'poor' },
  })
})

test('a topic without a route is refused with the routes that there are', async () => {
  await using bus = await createBus({ service: 'tower', transport: route({ 'sea.**': memory() }) })
  await expect(bus.publish(air.landed, 1)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('"sea.**"'),
  })
})

test.each<[string, object, RegExp]>([
  ['no route at all', {}, /needs a route/],
  ['a route that is never taken', { 'air.**': memory(), 'air.radar': memory() }, /never taken/],
  ['a wildcard in the middle', { 'air.**.radar': memory() }, /not a topic's name/],
  ['a route to nothing', { '**': undefined }, /no wire/],
])('%s is an invalid option', (_, routes, message) => {
  // What JavaScript lets through.
  const make = () => route(routes as Parameters<typeof route>[0])
  expect(make).toThrowError(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
  )
})

test('the bus is as well as the worst of its wires, and says which', async () => {
  const [a, b] = [lame('a'), lame('b')]
  await using bus = await createBus({
    service: 'tower',
    transport: route({ 'air.landed': a.wire, '**': b.wire }),
  })
  const states: unknown[] = []
  bus.status.on('state', (state, reason) => states.push([state, reason]))
  a.tell('reconnecting', 'link cut')
  b.tell('reconnecting', 'server gone')
  a.tell('connected')
  b.tell('connected')
  expect(states).toEqual([
    ['reconnecting', 'a: link cut'],
    ['connected', undefined],
  ])
})

test('when one wire cannot be opened none stays open', async () => {
  let closed = 0
  const good = memory()
  const counted: typeof good = async (host) => {
    const transport = await good(host)
    return {
      ...transport,
      close: async (signal) => {
        closed += 1
        await transport.close(signal)
      },
    }
  }
  const bad = () => Promise.reject(new Error('nobody there'))
  const opening = createBus({ service: 'tower', transport: route({ 'air.*': counted, '**': bad }) })
  await expect(opening).rejects.toThrow('nobody there')
  expect(closed).toBe(1)
})
