/** What a durable queue keeps in memory and what in its journal, and which ids it remembers. */

import { describe, expect, it } from 'vitest'
import { createDurableWorld } from './durable-world.js'
import type { Worker } from './engine-world.js'

const bodies = (worker: Worker): string[] =>
  worker.claims.map(({ message }) => JSON.parse(new TextDecoder().decode(message.body.bytes())) as string)

describe('backlog of a durable queue', () => {
  it('F39 keeps a window in memory and the rest in the journal, in order', async () => {
    const world = createDurableWorld({ segmentLines: 5_000 })
    const count = 40_000
    for (let number = 0; number < count; number++) world.publish(`${number}`)
    await world.settle()
    expect(world.inspect().ready).toBe(count)
    const worker = world.worker(0)
    const seen: string[] = []
    worker.onDeliver = (claim) => {
      seen.push(claim.message.id)
      worker.consumer.settle(claim.token, { kind: 'done' })
      worker.consumer.credit(1)
    }
    worker.consumer.credit(100)
    await world.settle()
    expect(seen).toEqual(Array.from({ length: count }, (_, number) => `${number}`))
    expect(world.inspect()).toMatchObject({ done: count, ready: 0 })
    // All that is handled is given back.
    expect(world.store.linesOf(world.channel.name)).toBeLessThan(30_000)
  })

  it('Q1 finds everything after segments were moved and given back', async () => {
    const world = createDurableWorld({ segmentLines: 20 })
    const worker = world.worker(4)
    for (let number = 0; number < 10; number++) world.publish(`stays${number}`, {}, { delayMs: 100_000 })
    await world.settle()
    for (let number = 0; number < 100; number++) {
      world.publish(`${number}`)
      await world.settle()
      worker.settleLast()
      worker.consumer.credit(1)
    }
    const before = world.store.linesOf(world.channel.name)
    world.store.compact(world.channel.name)
    await world.settle()
    expect(world.store.linesOf(world.channel.name)).toBeLessThan(before / 2)
    world.restart({ lose: true })
    expect(world.inspect()).toMatchObject({ received: 110, done: 100, delayed: 10 })
    expect(world.balance()).toBe(0)
    world.clock.advance(100_000)
    const after = world.worker(20)
    await world.settle()
    expect(bodies(after).sort()).toEqual(Array.from({ length: 10 }, (_, number) => `stays${number}`))
  })
})

describe('ids of a durable queue', () => {
  it('D1 F57 F60 stores one copy of an id within the window, over a restart and after the ack', async () => {
    const world = createDurableWorld({ guarantees: { dedupeMs: 10_000 } })
    world.publish('a')
    const worker = world.worker(5)
    await world.settle()
    worker.settleLast()
    await world.settle()
    world.restart({ lose: true })
    const again = world.publish('a')
    await world.settle()
    expect(again.receipt).toEqual({ id: 'a', level: 'durable', duplicate: true })
    expect(world.inspect()).toMatchObject({ received: 1 })
    world.clock.advance(10_001)
    const late = world.publish('a')
    await world.settle()
    expect(late.receipt).toEqual({ id: 'a', level: 'durable' })
  })

  it('D1 has a purge clear the window for good', async () => {
    const world = createDurableWorld({ guarantees: { dedupeMs: 10_000 } })
    world.publish('a')
    await world.settle()
    world.purge()
    await world.settle()
    world.restart()
    const again = world.publish('a')
    await world.settle()
    expect(again.receipt?.duplicate).toBeUndefined()
  })

  it('D1 receipts a duplicate no earlier than the first', async () => {
    const world = createDurableWorld({ guarantees: { dedupeMs: 10_000 } })
    world.publish('a')
    const again = world.publish('a')
    world.run()
    await Promise.resolve()
    expect(again.receipt).toBeUndefined()
    await world.settle()
    expect(again.receipt).toMatchObject({ duplicate: true })
  })
})
