/** Retention of a durable stream: what goes, what it frees on disk, and what is known of it after a restart. */

import { describe, expect, it } from 'vitest'
import { createDurableLogWorld, upTo } from './durable-log-world.js'
import { reject } from './engine-world.js'

describe('retention of a durable stream', () => {
  it('S1 by count keeps the newest, frees their segments, and comes to the same after a restart', async () => {
    const world = createDurableLogWorld({ segmentLines: 50, guarantees: { keepCount: 120 } })
    await world.fill(1_000)
    expect(world.inspect()).toMatchObject({ first: 880, next: 1_000 })
    await world.settle()
    expect(world.store.linesOf(world.channel.name)).toBeLessThan(250)
    world.restart({ lose: true })
    expect(world.inspect()).toMatchObject({ first: 880, next: 1_000 })
    const { seen } = world.read({ start: { offset: 0 } })
    await world.settle()
    expect(seen).toEqual(['gap 0-879', ...upTo(1_000, 880)])
  })

  it('S1 by bytes keeps what fits, counted anew after a restart', async () => {
    const world = createDurableLogWorld({ segmentLines: 50, guarantees: { keepBytes: 1_000 } })
    world.append('KL1', { id: 'm100' })
    // Its letter keeps the segments of what is removed.
    await world.settle()
    world.read({ start: 'start', until: 'now', on: () => reject })
    await world.settle()
    for (let n = 1; n < 300; n++) world.append('KL1', { id: `m${100 + n}` })
    await world.settle()
    expect(world.letters()).toHaveLength(1)
    // Each body is its id in quotes.
    expect(world.inspect()).toMatchObject({ first: 134, next: 300 })
    world.restart({ lose: true })
    expect(world.inspect()).toMatchObject({ first: 134, next: 300 })
    for (let n = 0; n < 10; n++) world.append('KL1', { id: `m${500 + n}` })
    await world.settle()
    expect(world.inspect()).toMatchObject({ first: 144, next: 310 })
  })

  it('S1 by age removes what is older, also what grew old while nobody ran', async () => {
    const world = createDurableLogWorld({ segmentLines: 10, guarantees: { keepMs: 60_000 } })
    await world.fill(30)
    world.clock.advance(30_000)
    await world.fill(5)
    world.clock.advance(29_999)
    expect(world.inspect()).toMatchObject({ first: 0 })
    world.restart()
    world.clock.advance(1)
    expect(world.inspect()).toMatchObject({ first: 30, next: 35 })
    world.clock.advance(120_000)
    expect(world.inspect()).toMatchObject({ first: 35, next: 35 })
    await world.settle()
    world.restart({ lose: true })
    expect(world.inspect()).toMatchObject({ first: 35, next: 35 })
  })

  it('S1 by age removes nothing when the wall clock jumps while it runs', async () => {
    const world = createDurableLogWorld({ guarantees: { keepMs: 60_000 } })
    await world.fill(1)
    world.clock.jump(3_600_000)
    await world.fill(1)
    world.clock.jump(-7_200_000)
    await world.fill(1)
    expect(world.inspect()).toMatchObject({ first: 0, next: 3 })
  })

  it('S1 what was removed does not come back when the stream is to keep more after a restart', async () => {
    const world = createDurableLogWorld({ segmentLines: 1_000 })
    await world.fill(100)
    world.purge()
    await world.fill(3)
    world.restart({ lose: true })
    const { seen } = world.read({ start: 'start' })
    await world.settle()
    expect(seen).toEqual([100, 101, 102])
  })

  it('S1 a group that was away while retention went on hears what it missed, over a restart', async () => {
    const world = createDurableLogWorld({ segmentLines: 20, guarantees: { keepCount: 3 } })
    await world.fill(1)
    const first = world.read({ group: 'a', start: 'start' })
    await world.settle()
    first.consumer.leave({ failed: false })
    await world.fill(100)
    world.restart({ lose: true })
    const { seen } = world.read({ group: 'a' })
    await world.settle()
    expect(seen).toEqual(['gap 1-97', 98, 99, 100])
    expect(world.balance()).toBe(0)
  })

  it('F39 a slow reader sees or misses every record, and holds nothing back', async () => {
    const world = createDurableLogWorld({ segmentLines: 100, guarantees: { keepCount: 500 } })
    const { seen, claims, consumer } = world.read({ on: () => undefined })
    await world.fill(10_000)
    expect(world.store.linesOf(world.channel.name)).toBeLessThan(1_000)
    for (let read = 0; read < claims.length; read++) {
      consumer.settle(claims[read]?.token ?? 0, { kind: 'done' })
      consumer.credit(1)
      world.run()
    }
    const missed = seen.reduce<number>((sum, one) => {
      const [from, to] = String(one).startsWith('gap ') ? String(one).slice(4).split('-').map(Number) : []
      return from === undefined || to === undefined ? sum : sum + to - from + 1
    }, 0)
    expect(missed).toBeGreaterThan(0)
    expect(claims.length + missed).toBe(10_000)
  })
})
