/** The test kit: what was sent, what was handled, and when all of it is done. */

import { expect, test } from 'vitest'
import { createTestBus } from '../../src/testing/test-bus.js'
import { airport } from '../bus/airport.js'

const bag = { tag: 't1', flight: 'KL1', kg: 3 }

test('settled waits for everything a message caused, over services and kinds, without time passing', async () => {
  await using tower = await createTestBus({ service: 'tower' })
  const baggage = await tower.connect('baggage')
  await tower.subscribe(airport.landed, async ({ flight }, ctx) => {
    await ctx.send(airport.moveBag, { ...bag, flight })
  })
  await baggage.work(airport.moveBag, async ({ flight }, ctx) => {
    await ctx.request(airport.assignGate, { flight })
  })
  await tower.reply(airport.assignGate, ({ flight }) => ({ gate: `gate of ${flight}` }))
  await tower.publish(airport.landed, { flight: 'KL7', gate: 'A' })
  await tower.settled()
  expect(tower.published(airport.moveBag)).toEqual([{ ...bag, flight: 'KL7' }])
  expect(tower.handled(airport.moveBag)).toMatchObject([
    { value: { flight: 'KL7' }, outcome: 'done', attempt: 1, service: 'baggage' },
  ])
  expect(tower.handled(airport.assignGate)).toMatchObject([
    { value: { flight: 'KL7' }, outcome: 'done', service: 'tower' },
  ])
  expect(tower.clock.monotonic()).toBe(0)
})

test('settled names a message that nobody works on', async () => {
  await using tower = await createTestBus({ service: 'tower' })
  const { id } = await tower.send(airport.moveBag, bag)
  await expect(tower.settled()).rejects.toThrow(new RegExp(`airport.moveBag ${id}: 1 ready.*sent by "tower"`))
})

test('settled names a handler that never ends', async () => {
  await using tower = await createTestBus({ service: 'tower', drainTimeoutMs: 0 })
  await tower.work(airport.moveBag, () => new Promise(() => undefined))
  const { id } = await tower.send(airport.moveBag, bag)
  const settling = tower.settled({ giveUpMs: 1 })
  await expect(settling).rejects.toThrow(
    new RegExp(`airport.moveBag ${id}: in a handler of "tower" since 0 ms`),
  )
  const closing = tower.close()
  await tower.advance(0)
  await closing
})

test('retries and delays stay open unless time may pass', async () => {
  await using tower = await createTestBus()
  await tower.work(airport.moveBag, (_, ctx) => {
    if (ctx.attempt < 3) throw new Error('jam')
  })
  await tower.send(airport.moveBag, bag, { delayMs: 60_000 })
  await expect(tower.settled()).rejects.toThrow('1 delayed')
  await tower.settled({ advance: true })
  expect(tower.handled(airport.moveBag).map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'done'])
  expect(tower.clock.monotonic()).toBeGreaterThan(60_400)
})
