/** The onion in both directions. */

import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import { memory } from '../../src/memory/memory.js'
import type { BusMiddleware } from '../../src/middleware.js'
import { airport } from './airport.js'

const withLayers = (...middleware: BusMiddleware[]) =>
  createBus({ service: 'tower', transport: memory(), middleware })

test('layers wrap what goes out and what comes in, the first outermost', async () => {
  const log: string[] = []
  const layer =
    (name: string): BusMiddleware =>
    async ({ direction, verb }, next) => {
      log.push(`${name} ${direction} ${verb}`)
      const result = await next()
      log.push(`${name} ${direction} end`)
      return result
    }
  await using bus = await withLayers(layer('a'), layer('b'))
  await bus.reply(airport.assignGate, () => {
    log.push('handler')
    return { gate: 'A' }
  })
  expect(await bus.request(airport.assignGate, { flight: 'KL1' })).toEqual({ gate: 'A' })
  expect(log).toEqual([
    'a out request',
    'b out request',
    'a in reply',
    'b in reply',
    'handler',
    'b in end',
    'a in end',
    'b out end',
    'a out end',
  ])
})

test('a layer adds headers, but cannot pretend to be another service', async () => {
  await using bus = await withLayers(async ({ direction, headers }, next) => {
    if (direction === 'out') Object.assign(headers, { lane: 'b', source: 'liar' })
    return next()
  })
  let seen: unknown
  await bus.subscribe(airport.landed, (_, ctx) => {
    seen = ctx.headers
  })
  await bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })
  await bus.close()
  expect(seen).toEqual({ lane: 'b', source: 'tower' })
})

test('a layer refuses by throwing: the caller hears it, the message is retried', async () => {
  let direction: 'in' | 'out' = 'out'
  await using bus = await withLayers(async (crossing, next) => {
    if (crossing.direction === direction && crossing.verb !== 'reply') throw new Error('not today')
    return next()
  })
  const bag = { tag: 't1', flight: 'KL1', kg: 3 }
  await expect(bus.send(airport.moveBag, bag)).rejects.toThrow('not today')
  expect(await bus.inspect(airport.moveBag)).toMatchObject({ received: 0 })
  direction = 'in'
  let runs = 0
  await bus.work(airport.moveBag, () => {
    runs += 1
  })
  await bus.send(airport.moveBag, bag)
  await bus.inspect(airport.moveBag)
  expect(await bus.inspect(airport.moveBag)).toMatchObject({ delayed: 1 })
  expect(runs).toBe(0)
})

test('next() twice, or never on the way out, is a mistake that is told', async () => {
  await using twice = await withLayers(async (_, next) => {
    await next()
    return next()
  })
  await expect(twice.publish(airport.landed, { flight: 'KL1', gate: 'A' })).rejects.toThrow('next() twice')
  await using never = await withLayers(async () => undefined)
  await expect(never.publish(airport.landed, { flight: 'KL1', gate: 'A' })).rejects.toThrow(
    'without calling next()',
  )
})
