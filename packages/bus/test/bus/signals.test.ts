/** One signal of a caller, as a service has for its shutdown, for all that it opens. */

import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import { memory } from '../../src/memory/memory.js'
import type { Consumer } from '../../src/transport.js'
import { airport } from './airport.js'

const many = Array.from({ length: 20 }, (_, index) => index)

test('has one listener for everything that is open, and none when nothing is', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const { signal } = new AbortController()
  const listeners = () => getEventListeners(signal, 'abort').length
  let answer: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    answer = resolve
  })
  const replying = await bus.reply(
    airport.assignGate,
    async () => {
      await held
      return { gate: 'B7', more: 1 }
    },
    { concurrency: many.length, signal },
  )
  const working = await Promise.all(many.map(() => bus.work(airport.moveBag, () => {}, { signal })))
  const asking = many.map((n) => bus.request(airport.assignGate, { flight: `KL${n}` }, { signal }))
  expect(listeners()).toBe(1)
  answer()
  await Promise.all(asking)
  await Promise.all([replying, ...working].map((one) => one.close()))
  await Promise.all([replying, ...working].map((one) => one.ended))
  expect(listeners()).toBe(0)
})

test('ends each of them when it aborts, and what is opened later under it does not begin', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const controller = new AbortController()
  const { signal } = controller
  await bus.reply(airport.assignGate, () => new Promise(() => {}))
  const working = await Promise.all(many.map(() => bus.work(airport.moveBag, () => {}, { signal })))
  const asking = many.map((n) => bus.request(airport.assignGate, { flight: `KL${n}` }, { signal }))
  controller.abort()
  for (const one of await Promise.allSettled(asking)) {
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'CANCELLED' } })
  }
  await Promise.all(working.map(({ ended }) => ended))
  expect(getEventListeners(signal, 'abort')).toEqual([])
  await expect(bus.work(airport.moveBag, () => {}, { signal })).rejects.toThrow()
})

test('what was closed by its signal, by itself or with its bus is no trouble, whatever its wire says', async () => {
  const bus = await createBus({
    service: 'tower',
    transport: async (host) => {
      const wire = await memory()(host)
      const talkative = (consumer: Consumer): Consumer => ({
        ended: consumer.ended.then(() => 'CLOSED'),
        close: () => consumer.close(),
      })
      return { ...wire, consume: async (...all) => talkative(await wire.consume(...all)) }
    },
  })
  const controller = new AbortController()
  const troubles: unknown[] = []
  bus.status.on('trouble', (trouble) => troubles.push(trouble))
  const bySignal = await bus.work(airport.moveBag, () => {}, { signal: controller.signal })
  const byHand = await bus.subscribe(airport.landed, () => {})
  const byBus = await bus.reply(airport.assignGate, () => ({ gate: 'B7', more: 1 }))
  controller.abort()
  await byHand.close()
  await bus.close()
  expect(await Promise.all([bySignal, byHand, byBus].map(({ ended }) => ended))).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(troubles).toEqual([])
})
