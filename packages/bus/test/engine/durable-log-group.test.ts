/** Groups of a durable stream: where they go on after a crash, and what is known of the records beyond. */

import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/outcome.js'
import { createDurableLogWorld, upTo } from './durable-log-world.js'
import { reject, retry } from './engine-world.js'

const group = 'a'

describe('a group of a durable stream', () => {
  it('S3 F49 goes on behind what it settled on disk, and has the rest again', async () => {
    const world = createDurableLogWorld()
    await world.fill(10)
    const held = world.read({ group, start: 'start', credit: 6, on: () => undefined })
    await world.settle()
    for (const at of [0, 1, 3]) held.consumer.settle(held.claims[at]?.token ?? 0, { kind: 'done' })
    await world.settle()
    held.consumer.settle(held.claims[2]?.token ?? 0, { kind: 'done' })
    world.restart({ lose: true })
    const after = world.read({ group, start: 'start' })
    await world.settle()
    expect(after.seen).toEqual([2, 4, 5, 6, 7, 8, 9])
    expect(world.balance()).toBe(0)
    expect(world.inspect()).toMatchObject({ received: 10, done: 10 })
  })

  it('S3 knows its place when nobody was there for many records, and where it began', async () => {
    const world = createDurableLogWorld({ segmentLines: 30 })
    await world.fill(5)
    world.read({ group, start: { offset: 3 } }).consumer.stop()
    world.read({ group: 'b' }).consumer.stop()
    await world.settle()
    world.restart({ lose: true })
    await world.fill(100)
    world.restart({ lose: true })
    const a = world.read({ group })
    const b = world.read({ group: 'b', start: 'start' })
    await world.settle()
    expect(a.seen).toEqual(upTo(105, 3))
    expect(b.seen).toEqual(upTo(105, 5))
  })

  it('S3 at least once, whatever is lost at any moment', async () => {
    const world = createDurableLogWorld({ segmentLines: 40 })
    const handled = new Set<number>()
    let receipted = 0
    let roll = 7
    const random = (below: number): number => {
      roll = (roll * 48_271) % 2_147_483_647
      return roll % below
    }
    for (let life = 0; life < 60; life++) {
      const onDisk = new Set(handled)
      const outcomes: readonly Outcome[] = [{ kind: 'done' }, { kind: 'done' }, { kind: 'done' }, retry(0)]
      const { seen } = world.read({
        group,
        start: 'start',
        credit: 1 + random(8),
        on: () => outcomes[random(4)],
      })
      for (let n = random(20); n > 0; n--) world.append()
      if (random(2) === 0) await world.settle()
      for (let n = random(5); n > 0; n--) world.append()
      world.run()
      if (random(3) === 0) world.store.sync()
      receipted = Math.max(receipted, world.inspect().next ?? 0)
      for (const offset of seen) handled.add(Number(offset))
      expect(onDisk.size).toBeLessThanOrEqual(handled.size)
      world.restart({ lose: random(2) === 0 })
      expect(world.balance()).toBe(0)
      expect(world.inspect().next).toBeGreaterThanOrEqual(receipted)
    }
    world.read({ group, credit: 10 })
    await world.settle()
    const { next = 0, done, dead, received } = world.inspect()
    expect({ done: done + dead, received }).toEqual({ done: next, received: next })
  })

  it('Q4 counts what a crash undid as acquired, and what failed as failed', async () => {
    const world = createDurableLogWorld()
    await world.fill(2)
    const { consumer, claims } = world.read({ group, start: 'start', credit: 2, on: () => undefined })
    await world.settle()
    consumer.settle(claims[1]?.token ?? 0, retry(0))
    await world.settle()
    world.restart({ lose: true })
    const after = world.read({ group, credit: 2, on: () => undefined })
    await world.settle()
    expect(after.claims).toMatchObject([
      { offset: 0, attempt: 1, acquired: 2 },
      { offset: 1, attempt: 2, acquired: 2 },
    ])
  })

  it('Q4 F63 buries a record that ends the process, where the consumers die with it', async () => {
    const world = createDurableLogWorld({ crashFails: true })
    await world.fill(2)
    for (let life = 1; life <= 3; life++) {
      const { claims } = world.read({ group, start: 'start', on: () => undefined })
      await world.settle()
      expect(claims).toMatchObject([{ offset: 0, attempt: life, acquired: life }])
      world.restart()
    }
    const { seen } = world.read({ group })
    await world.settle()
    expect(seen).toEqual([1])
    expect(world.letters()).toMatchObject([{ reason: 'attempts', attempts: 3, group, message: { id: 'm0' } }])
    expect(world.balance()).toBe(0)
  })

  it('Q4 Q3 keeps the rest of a back-off over a restart', async () => {
    const world = createDurableLogWorld()
    await world.fill(1)
    world.read({ group, start: 'start', on: () => retry(1_000) })
    await world.settle()
    world.clock.advance(400)
    world.restart()
    const after = world.read({ group })
    await world.settle()
    expect(world.inspect()).toMatchObject({ received: 1, delayed: 1 })
    world.clock.advance(599)
    await world.settle()
    expect(after.seen).toEqual([])
    world.clock.advance(1)
    await world.settle()
    expect(after.claims).toMatchObject([{ attempt: 2 }])
  })

  it('Q4 keeps tries while nobody is there, without holding a record in memory', async () => {
    const world = createDurableLogWorld()
    await world.fill(100)
    const { consumer } = world.read({ group, start: 'start', credit: 3, on: () => undefined })
    await world.settle()
    consumer.leave({ failed: true })
    await world.settle()
    expect(world.inspect()).toMatchObject({ received: 0, ready: 0, leased: 0 })
    const after = world.read({ group, credit: 4, on: () => undefined })
    await world.settle()
    expect(after.claims.map(({ offset, attempt }) => [offset, attempt])).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
      [3, 1],
    ])
  })

  it('S3 a claim can be settled after its consumer stopped', async () => {
    const world = createDurableLogWorld()
    await world.fill(2)
    const { consumer, claims } = world.read({ group, start: 'start', on: () => undefined })
    await world.settle()
    consumer.stop()
    await world.settle()
    expect(consumer.settle(claims[0]?.token ?? 0, { kind: 'done' })).toBe(true)
    await world.settle()
    world.restart({ lose: true })
    const { seen } = world.read({ group })
    await world.settle()
    expect(seen).toEqual([1])
  })

  it('Q5 keeps a letter with its copy when retention removed the record, and its group gets it back', async () => {
    const world = createDurableLogWorld({ segmentLines: 10, guarantees: { keepCount: 5 } })
    await world.fill(1)
    world.read({ group, start: 'start', on: ({ offset }) => (offset === 0 ? reject : { kind: 'done' }) })
    await world.settle()
    await world.fill(100)
    world.store.compact(world.channel.name)
    await world.settle()
    world.restart({ lose: true })
    expect(world.letters()).toMatchObject([{ reason: 'rejected', group, message: { id: 'm0' } }])
    expect(world.redrive()).toBe(1)
    await world.settle()
    world.restart({ lose: true })
    expect(world.inspect()).toMatchObject({ dead: 0, redriven: 1, ready: 1 })
    const after = world.read({ group })
    await world.settle()
    expect(after.claims).toMatchObject([{ offset: 0, attempt: 1, message: { id: 'm0' } }])
    await world.settle()
    world.restart({ lose: true })
    const none = world.read({ group })
    await world.settle()
    expect(none.seen).toEqual([])
    expect(world.inspect()).toMatchObject({ received: 101, done: 101, dead: 0, redriven: 1 })
  })

  it('Q5 what went back survives that its segment is moved, with its tries', async () => {
    const world = createDurableLogWorld({ segmentLines: 10, guarantees: { keepCount: 5 } })
    await world.fill(1)
    let outcome: Outcome | undefined = reject
    const { consumer } = world.read({ group, start: 'start', on: () => outcome })
    await world.settle()
    outcome = retry(60_000)
    world.redrive()
    await world.settle()
    outcome = { kind: 'done' }
    for (let n = 0; n < 10; n++) await world.fill(10)
    consumer.leave({ failed: false })
    await world.settle()
    const before = world.store.linesOf(world.channel.name)
    for (let n = 0; n < 2; n++) {
      world.store.compact(world.channel.name)
      await world.settle()
    }
    expect(world.store.linesOf(world.channel.name)).toBeLessThan(before / 2)
    world.restart({ lose: true })
    world.clock.advance(60_000)
    const after = world.read({ group })
    await world.settle()
    expect(after.claims).toMatchObject([{ offset: 0, attempt: 2 }])
    expect(world.balance()).toBe(0)
  })

  it('Q5 what went back waits for the next consumer when the one who had it leaves', async () => {
    const world = createDurableLogWorld()
    await world.fill(1)
    let outcome: Outcome | undefined = reject
    const first = world.read({ group, start: 'start', on: () => outcome })
    await world.settle()
    outcome = undefined
    world.redrive()
    await world.settle()
    first.consumer.leave({ failed: true })
    await world.settle()
    expect(world.inspect()).toMatchObject({ received: 1, ready: 1, redriven: 1 })
    const second = world.read({ group })
    await world.settle()
    expect(second.claims).toMatchObject([{ offset: 0, attempt: 2 }])
    expect(world.inspect()).toMatchObject({ received: 1, ready: 0, done: 1 })
  })

  it('E4 keeps the order of a key over a restart', async () => {
    const world = createDurableLogWorld({ guarantees: { ordered: true } })
    for (let n = 0; n < 6; n++) world.append('KL1', { key: n % 2 ? 'odd' : 'even' })
    await world.settle()
    const before = world.read({ group, start: 'start', credit: 5, on: () => undefined })
    await world.settle()
    expect(before.seen).toEqual([0, 1])
    world.restart()
    const after = world.read({ group, credit: 5, on: () => undefined })
    await world.settle()
    expect(after.seen).toEqual([0, 1])
    after.consumer.settle(after.claims[0]?.token ?? 0, { kind: 'done' })
    await world.settle()
    expect(after.seen).toEqual([0, 1, 2])
  })

  it('forgets the group that was left longest ago beyond 1,000, for good', async () => {
    const world = createDurableLogWorld()
    await world.fill(1)
    for (let n = 0; n <= 1_000; n++) world.read({ group: `g${n}` }).consumer.leave({ failed: false })
    await world.settle()
    await world.fill(1)
    world.restart({ lose: true })
    const forgotten = world.read({ group: 'g0', start: 'start' })
    const kept = world.read({ group: 'g1', start: 'start' })
    await world.settle()
    expect([forgotten.seen, kept.seen]).toEqual([[0, 1], [1]])
  })

  it('S1 S3 a purge settles what a group held, and is known after a crash', async () => {
    const world = createDurableLogWorld()
    await world.fill(5)
    const { lost, claims } = world.read({ group, start: 'start', credit: 2, on: () => undefined })
    await world.settle()
    expect(world.purge()).toBe(5)
    expect(lost).toEqual(claims.map(({ token }) => token))
    await world.settle()
    world.restart({ lose: true })
    await world.fill(1)
    const { seen } = world.read({ group })
    await world.settle()
    expect(seen).toEqual([5])
    expect(world.inspect()).toMatchObject({ received: 6, purged: 5, done: 1 })
  })
})
