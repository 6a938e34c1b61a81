/** Streamed replies on memory. */

import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import { isFailure } from '../../src/failure.js'
import { memory } from '../../src/memory/memory.js'
import { airport } from './airport.js'

const open = () => createBus({ service: 'tower', transport: memory() })

test('a streamed request gives every reply in order and then ends', async () => {
  await using bus = await open()
  await bus.reply(airport.departures, async function* ({ count }) {
    for (let n = 0; n < count; n++) yield { flight: `KL${n}` }
  })
  const seen: string[] = []
  for await (const { flight } of bus.request(airport.departures, { count: 100 })) seen.push(flight)
  expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => `KL${n}`))
})

test('break cancels the replier, which was never far ahead', async () => {
  await using bus = await open()
  let made = 0
  let ended: () => void = () => undefined
  const over = new Promise<void>((resolve) => {
    ended = resolve
  })
  await bus.reply(airport.departures, async function* (_, ctx) {
    const { signal } = ctx
    try {
      for (;;) {
        made += 1
        yield { flight: `KL${made}` }
      }
    } finally {
      expect(signal.aborted).toBe(true)
      ended()
    }
  })
  const replies = bus.request(airport.departures, { count: 0 })
  for await (const { flight } of replies) if (flight === 'KL3') break
  await over
  expect(made).toBeLessThan(64)
  expect(() => replies[Symbol.asyncIterator]()).toThrow(TypeError)
})

test('a declared error in the middle ends the sequence', async () => {
  await using bus = await open()
  await bus.reply(airport.departures, async function* (_, ctx) {
    yield { flight: 'KL1' }
    yield ctx.fail('Closed', { until: 6 })
    yield { flight: 'KL2' }
  })
  const seen: string[] = []
  const reading = (async () => {
    for await (const { flight } of bus.request(airport.departures, { count: 0 })) seen.push(flight)
  })()
  const error: unknown = await reading.catch((caught: unknown) => caught)
  if (!isFailure(error, airport.departures, 'Closed')) throw error
  expect(error.details.data).toEqual({ until: 6 })
  expect(seen).toEqual(['KL1'])
})

test('errors of the call come out of the iteration', async () => {
  await using bus = await open()
  const next = (value: { count: number }) =>
    bus.request(airport.departures, value)[Symbol.asyncIterator]().next()
  await expect(next({ count: 1 })).rejects.toMatchObject({ code: 'NO_RESPONDER' })
  await expect(next({ count: Number.NaN })).rejects.toMatchObject({ code: 'UNENCODABLE' })
  await bus.reply(airport.departures, async function* () {
    yield* []
    throw new Error('printer on fire')
  })
  await expect(next({ count: 1 })).rejects.toMatchObject({ code: 'REMOTE_ERROR' })
})
