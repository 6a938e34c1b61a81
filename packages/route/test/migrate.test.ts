/** Moving from one wire to another: handled once whatever step each service is in, shadows compared, never handled. */

import { type Bus, contract, createBus, event, memory, queue } from 'busbar'
import type { Connect } from 'busbar/transport'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type MigrateOptions, migrate } from '../src/index.js'

const retry = { attempts: 3 }
const air = contract('air', { landed: event(z.number(), { retry }), bags: queue(z.number()) })

async function service(name: string, options: MigrateOptions) {
  const migration = migrate(options)
  const bus = await createBus({ service: name, transport: migration.connect })
  return { bus, report: migration.report, [Symbol.asyncDispose]: () => bus.close() }
}

/** Resolves when `count` values have come, and gives them sorted. */
function gather(count: number) {
  const values: number[] = []
  let full: () => void = () => {}
  const done = new Promise<void>((resolve) => {
    full = resolve
  })
  const take = (value: number): void => {
    values.push(value)
    if (values.length === count) full()
  }
  return { take, all: done.then(() => values.sort((a, b) => a - b)), values }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const sendAll = (bus: Bus, numbers: readonly number[]) =>
  Promise.all(numbers.map((n) => bus.send(air.bags, n)))

test('in a rehearsal messages are handled once, and their shadows are met', async () => {
  await using one = await service('baggage', { from: memory(), to: memory() })
  const bags = gather(50)
  await one.bus.work(air.bags, bags.take, { concurrency: 4 })
  await sendAll(one.bus, upTo(50))
  expect(await bags.all).toEqual(upTo(50))
  await one.bus.close()
  const [group] = one.report().groups
  expect(one.report()).toMatchObject({ shadowsSent: 50, shadowsFailed: 0 })
  expect(group).toMatchObject({ topic: 'air.bags', real: 50, shadows: 50, matched: 50, onlyReal: 0 })
  expect(group?.realSum).toBe(group?.shadowSum)
})

test('services in different steps side by side handle each message once', async () => {
  const wires = { from: memory(), to: memory() }
  await using before = await service('baggage', wires)
  await using after = await service('baggage', { ...wires, write: 'to' })
  const landed = gather(40)
  const bags = gather(60)
  for (const { bus } of [before, after]) {
    await bus.work(air.bags, bags.take)
    await bus.subscribe(air.landed, landed.take)
  }
  await sendAll(before.bus, upTo(30))
  await sendAll(after.bus, upTo(60).slice(30))
  for (const n of upTo(40)) await (n % 2 ? before : after).bus.publish(air.landed, n)
  expect(await bags.all).toEqual(upTo(60))
  expect(await landed.all).toEqual(upTo(40))
  // Nothing more comes: what was sent afterwards is what comes next.
  await before.bus.close()
  await after.bus.close()
  expect([bags.values.length, landed.values.length]).toEqual([60, 40])
})

test('what the old wire still holds is handled after the move', async () => {
  const wires = { from: memory(), to: memory() }
  // Keeps the wires' engines alive while services come and go.
  await using _from = await createBus({ service: 'keeper', transport: wires.from })
  await using _to = await createBus({ service: 'keeper', transport: wires.to })
  {
    await using before = await service('baggage', { ...wires, shadow: false })
    await sendAll(before.bus, upTo(10))
  }
  await using after = await service('baggage', { ...wires, write: 'to' })
  const bags = gather(20)
  await sendAll(after.bus, upTo(20).slice(10))
  await after.bus.work(air.bags, bags.take)
  expect(await bags.all).toEqual(upTo(20))
})

test('a new wire that refuses shadows is reported and disturbs nobody', async () => {
  const good = memory()
  const refusing: Connect = async (host) => ({
    ...(await memory()(host)),
    publish: () => Promise.reject(new Error('no room')),
  })
  await using one = await service('baggage', { from: good, to: refusing })
  const bags = gather(3)
  await one.bus.work(air.bags, bags.take)
  await sendAll(one.bus, upTo(3))
  expect(await bags.all).toEqual(upTo(3))
  expect(one.report()).toMatchObject({ shadowsSent: 0, shadowsFailed: 3, lastFailure: 'no room' })
})

test('both wires together hand over no more than the concurrency', async () => {
  const wires = { from: memory(), to: memory() }
  await using before = await service('one', wires)
  await using after = await service('baggage', { ...wires, write: 'to' })
  let running = 0
  let peak = 0
  const bags = gather(20)
  // Both wires have much to hand over when the worker comes.
  await Promise.all([sendAll(before.bus, upTo(10)), sendAll(after.bus, upTo(20).slice(10))])
  await after.bus.work(
    air.bags,
    async (n) => {
      running += 1
      peak = Math.max(peak, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      bags.take(n)
    },
    { concurrency: 2 },
  )
  expect(await bags.all).toEqual(upTo(20))
  expect(peak).toBe(2)
})
