/** Work queues on memory: what a handler's result does to its message. */

import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import type { ConsumeOptions } from '../../src/bus.js'
import type { Context } from '../../src/context.js'
import { memory } from '../../src/memory/memory.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { airport } from './airport.js'

const bag = { tag: 't1', flight: 'KL1', kg: 3 }

async function worked(handler: (ctx: Context, now: number) => unknown, options?: ConsumeOptions<never>) {
  const clock = new ManualClock()
  const bus = await createBus({ service: 'baggage', transport: memory(), clock, random: () => 0.5 })
  await bus.work(airport.moveBag, (_, ctx) => handler(ctx, clock.monotonic()) as undefined, options)
  await bus.send(airport.moveBag, bag)
  await clock.pass(0)
  return { bus, clock, dead: async () => (await bus.deadLetters(airport.moveBag).list()).letters }
}

test('F62 a handler that always throws is tried with growing delays and becomes a dead letter with history', async () => {
  const times: number[] = []
  const { bus, clock, dead } = await worked((ctx, now) => {
    times.push(now)
    throw new Error(`jam ${ctx.attempt}`)
  })
  await clock.pass(10_000)
  expect(times).toEqual([0, 200, 600])
  expect(await dead()).toMatchObject([
    {
      reason: 'attempts',
      attempts: 3,
      firstFailure: { message: 'jam 1' },
      lastFailure: { message: 'jam 3' },
      payload: bag,
    },
  ])
  await bus.close()
})

test('a returned retry waits as long as it says; one that is not returned does nothing', async () => {
  const attempts: number[] = []
  const { bus, clock } = await worked((ctx) => {
    attempts.push(ctx.attempt)
    if (ctx.attempt === 1) return ctx.retry({ afterMs: 5_000 })
    ctx.reject('not returned')
    return undefined
  })
  await clock.pass(4_999)
  expect(attempts).toEqual([1])
  await clock.pass(1)
  expect(attempts).toEqual([1, 2])
  expect(await bus.inspect(airport.moveBag)).toMatchObject({ done: 1, dead: 0 })
  await bus.close()
})

test('reject goes to the dead letters at once, drop leaves no trace', async () => {
  const rejected = await worked((ctx) => ctx.reject('overweight'))
  expect(await rejected.dead()).toMatchObject([
    { reason: 'rejected', lastFailure: { message: 'overweight' } },
  ])
  await rejected.bus.close()
  const dropped = await worked(async (ctx) => ctx.drop())
  expect(await dropped.bus.inspect(airport.moveBag)).toMatchObject({ dropped: 1, dead: 0 })
  await dropped.bus.close()
})

test('classify decides what a thrown error means', async () => {
  const fail = (): never => {
    throw new TypeError('broken')
  }
  const rejected = await worked(fail, {
    classify: (error) => (error instanceof TypeError ? 'reject' : 'retry'),
  })
  expect(await rejected.dead()).toMatchObject([{ reason: 'rejected', attempts: 1 }])
  await rejected.bus.close()
  const dropped = await worked(fail, { classify: () => 'drop' })
  expect(await dropped.bus.inspect(airport.moveBag)).toMatchObject({ dropped: 1 })
  await dropped.bus.close()
})

test('a redelivery gets a copy of its own, whatever the first try did to it', async () => {
  const clock = new ManualClock()
  await using bus = await createBus({ service: 'baggage', transport: memory(), clock })
  const seen: unknown[] = []
  await bus.work(airport.moveBag, (value, ctx) => {
    seen.push({ ...value })
    value.kg = 99
    if (ctx.attempt === 1) throw new Error('again')
  })
  await bus.send(airport.moveBag, bag)
  await clock.pass(1_000)
  expect(seen).toEqual([bag, bag])
})

test('delay and priority: checked, and obeyed', async () => {
  const clock = new ManualClock()
  await using bus = await createBus({ service: 'baggage', transport: memory(), clock })
  await bus.send(airport.urgentBag, { ...bag, tag: 'low' })
  await bus.send(airport.urgentBag, { ...bag, tag: 'high' }, { priority: 9 })
  await bus.send(airport.urgentBag, { ...bag, tag: 'later' }, { delayMs: 50 })
  const seen: string[] = []
  await bus.work(airport.urgentBag, ({ tag }) => void seen.push(tag))
  await clock.pass(49)
  expect(seen).toEqual(['high', 'low'])
  await clock.pass(1)
  expect(seen).toEqual(['high', 'low', 'later'])
  const refused = { code: 'INVALID_OPTION', outcome: 'rejected' }
  await expect(bus.send(airport.urgentBag, bag, { priority: 10 })).rejects.toMatchObject(refused)
  await expect(bus.send(airport.moveBag, bag, { priority: 1 })).rejects.toMatchObject(refused)
  await expect(bus.send(airport.moveBag, bag, { delayMs: -1 })).rejects.toMatchObject(refused)
  await expect(bus.work(airport.moveBag, () => undefined, { concurrency: 0 })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  })
})

test('dead letters: peek, redrive with a mended payload, discard', async () => {
  const { bus, clock } = await worked((ctx) => ctx.reject('torn'))
  const letters = bus.deadLetters(airport.moveBag)
  const [first] = (await letters.list()).letters
  expect(await letters.peek(first!.id)).toMatchObject({ id: first!.id })
  expect(await letters.peek('nobody')).toBeUndefined()
  await expect(letters.redrive({ map: () => ({ ...bag, kg: 1_000 }) })).rejects.toMatchObject({
    code: 'SCHEMA_INVALID',
  })
  expect(await letters.redrive({ map: () => undefined })).toBe(0)
  expect(await letters.redrive({ map: () => ({ ...bag, kg: 1 }) })).toBe(1)
  await clock.pass(0)
  const again = (await letters.list()).letters
  expect(again).toMatchObject([{ id: first!.id, payload: { kg: 1 } }])
  expect(await letters.discard()).toBe(1)
  expect((await letters.list()).letters).toEqual([])
  await bus.close()
})
