/** Records and readers of a durable stream, over restarts of a store that forgets what was not synced. */

import { describe, expect, it } from 'vitest'
import { createDurableLogWorld, upTo } from './durable-log-world.js'

describe('a durable stream', () => {
  it('S2 gives the receipt and the record only when that is on disk', async () => {
    const world = createDurableLogWorld()
    const { seen } = world.read()
    const sent = world.append()
    world.run()
    await Promise.resolve()
    expect([sent.receipt, seen, world.inspect().next]).toEqual([undefined, [], 0])
    await world.settle()
    expect(sent.receipt).toEqual({ id: 'm0', level: 'durable', offset: 0 })
    expect(seen).toEqual([0])
  })

  it('S1 S2 F49 has after a loss of power every receipted record and no other, and never uses its offset again', async () => {
    const world = createDurableLogWorld()
    await world.fill(3)
    const early = world.read({ start: 'start' })
    world.append()
    world.run()
    expect(early.seen).toEqual([0, 1, 2])
    world.restart({ lose: true })
    expect(world.inspect()).toMatchObject({ first: 0, next: 3 })
    const sent = world.append('BA2')
    await world.settle()
    expect(sent.receipt).toMatchObject({ offset: 3 })
    const { seen, claims } = world.read({ start: 'start' })
    await world.settle()
    expect(seen).toEqual(upTo(4))
    expect(claims[3]?.message.address).toBe('airport.topic.BA2')
  })

  it('S1 never uses an offset twice, not after a purge of everything and many restarts', async () => {
    const world = createDurableLogWorld({ segmentLines: 7 })
    for (let life = 0; life < 5; life++) {
      await world.fill(20)
      expect(world.purge()).toBe(20)
      await world.settle()
      world.restart({ lose: true })
      expect(world.inspect()).toMatchObject({ first: (life + 1) * 20, next: (life + 1) * 20 })
    }
    const sent = world.append()
    await world.settle()
    expect(sent.receipt).toMatchObject({ offset: 100 })
  })

  it('S1 a purge takes what is on its way to disk too, and its readers hear of a gap', async () => {
    const world = createDurableLogWorld()
    const { seen } = world.read()
    await world.fill(2)
    const sent = world.append()
    expect(world.purge()).toBe(3)
    expect(world.inspect()).toMatchObject({ first: 2, next: 2 })
    await world.settle()
    expect(sent.receipt).toMatchObject({ offset: 2 })
    await world.fill(1)
    expect(seen).toEqual([0, 1, 'gap 2-2', 3])
    expect(world.inspect()).toMatchObject({ first: 3, next: 4 })
  })

  it('S1 refuses what the store refuses, and rejects with outcome unknown what a failed disk may have', async () => {
    const world = createDurableLogWorld()
    const { seen } = world.read()
    const sent = world.append()
    world.store.fail()
    await world.settle()
    expect(sent.error).toMatchObject({ code: 'STORE_FAILED', outcome: 'unknown' })
    expect(world.append().error).toMatchObject({ code: 'STORE_FAILED' })
    expect(seen).toEqual([])
  })

  it('D1 F57 F60 stores one copy of an id within the window and says the first offset, over a restart', async () => {
    const world = createDurableLogWorld({ guarantees: { dedupeMs: 10_000 } })
    await world.fill(5)
    world.append('KL1', { id: 'a' })
    const twice = world.append('KL1', { id: 'a' })
    await world.settle()
    expect(twice.receipt).toEqual({ id: 'a', level: 'durable', duplicate: true, offset: 5 })
    world.restart({ lose: true })
    const again = world.append('KL1', { id: 'a' })
    await world.settle()
    expect(again.receipt).toEqual({ id: 'a', level: 'durable', duplicate: true, offset: 5 })
    world.clock.advance(10_001)
    const late = world.append('KL1', { id: 'a' })
    await world.settle()
    expect(late.receipt).toEqual({ id: 'a', level: 'durable', offset: 6 })
  })

  it('D1 F60 stores an id again after a purge, which a restart knows of', async () => {
    const world = createDurableLogWorld({ guarantees: { dedupeMs: 10_000 } })
    world.append('KL1', { id: 'a' })
    await world.settle()
    world.purge()
    await world.settle()
    world.restart()
    const again = world.append('KL1', { id: 'a' })
    await world.settle()
    expect(again.receipt).toEqual({ id: 'a', level: 'durable', offset: 1 })
  })

  it('D1 keeps ids over retention and the segments they stood in', async () => {
    const world = createDurableLogWorld({
      segmentLines: 10,
      guarantees: { dedupeMs: 10_000, keepCount: 5 },
    })
    world.append('KL1', { id: 'a' })
    await world.fill(100)
    world.restart({ lose: true })
    const again = world.append('KL1', { id: 'a' })
    await world.settle()
    expect(again.receipt).toMatchObject({ duplicate: true, offset: 0 })
  })
})

describe('a reader of a durable stream', () => {
  it('S1 from an offset sees every record in order, from disk and from memory', async () => {
    const world = createDurableLogWorld({ segmentLines: 300 })
    await world.fill(12_000)
    world.restart()
    await world.fill(100)
    const { seen } = world.read({ start: { offset: 4_321 } })
    await world.settle()
    await world.fill(100)
    expect(seen).toEqual(upTo(12_200, 4_321))
  })

  it('begins at a time, exactly, whatever segment that is in', async () => {
    const world = createDurableLogWorld({ segmentLines: 50 })
    const began = world.clock.now()
    for (let n = 0; n < 400; n++) {
      world.append()
      world.clock.advance(10)
    }
    await world.settle()
    world.restart()
    const starts = [0, 1, 500, 1_995, 2_000, 3_990].map((ms) => world.read({ start: { time: began + ms } }))
    const after = world.read({ start: { time: began + 4_000 } })
    await world.settle()
    expect(starts.map(({ seen }) => seen[0])).toEqual([0, 1, 50, 200, 200, 399])
    expect(after.seen).toEqual([])
  })

  it('begins at the first of many records that came at once', async () => {
    const world = createDurableLogWorld({ segmentLines: 20 })
    await world.fill(10)
    world.clock.advance(1)
    const began = world.clock.now()
    await world.fill(300)
    const { seen } = world.read({ start: { time: began } })
    await world.settle()
    expect(seen).toEqual(upTo(310, 10))
  })

  it('begins at a time although the wall clock went back while the process was away', async () => {
    const world = createDurableLogWorld()
    await world.fill(10)
    const began = world.clock.now()
    world.clock.jump(-3_600_000)
    world.restart()
    world.clock.advance(1)
    await world.fill(10)
    const { seen } = world.read({ start: { time: began + 1 } })
    await world.settle()
    expect(seen).toEqual(upTo(20, 10))
  })

  it('F56 loses and repeats nothing where replay becomes live, whatever the interleaving', async () => {
    const world = createDurableLogWorld({ segmentLines: 64 })
    await world.fill(300)
    world.restart()
    let left = 500
    const { seen } = world.read({
      start: 'start',
      credit: 3,
      on: ({ offset = 0 }) => {
        // Appends and syncs from inside of the reader, so that the end moves while it is being reached.
        for (let n = 0; n < (offset % 3) + 1 && left > 0; n++, left--) world.append()
        if (offset % 7 === 0) world.store.sync()
        return { kind: 'done' }
      },
    })
    await world.settle()
    while (left-- > 0) {
      world.append()
      if (left % 5 === 0) await world.settle()
    }
    await world.settle()
    expect(seen).toEqual(upTo(world.inspect().next ?? 0))
    expect(seen).toHaveLength(800)
  })

  it('until now ends at the last record that was on disk when it began', async () => {
    const world = createDurableLogWorld()
    await world.fill(3)
    world.append()
    const { seen } = world.read({ start: 'start', until: 'now' })
    await world.settle()
    expect(seen).toEqual([0, 1, 2, 'ended'])
  })

  it('looks at no more than a page in one step, and lets I/O have its turn, when nothing matches', async () => {
    const world = createDurableLogWorld()
    await world.fill(20_000)
    let timers = 0
    const { seen } = world.read({ start: 'start', until: 'now', pattern: 'airport.topic.none' })
    while (seen.length === 0) {
      world.run()
      if (world.clock.timers > 0) timers++
      world.clock.advance(0)
    }
    expect(seen).toEqual(['ended'])
    expect(timers).toBe(2)
  })

  it('reads along from memory, without the disk', async () => {
    const world = createDurableLogWorld()
    await world.fill(10)
    const { seen } = world.read()
    world.store.reads = 0
    await world.fill(5_000)
    expect(seen).toHaveLength(5_000)
    expect(world.store.reads).toBe(0)
  })

  it('ends with the code of the store where a record is damaged, and does not go on behind it', async () => {
    const world = createDurableLogWorld({ segmentLines: 10 })
    await world.fill(30)
    world.restart()
    world.store.damage = (offset) => offset === 17
    const { seen } = world.read({ start: 'start' })
    await world.settle()
    await world.fill(1)
    expect(seen.at(-1)).toBe('STORE_CORRUPT')
    expect(seen.filter((one) => Number(one) >= 17)).toEqual([])
  })

  it('Q5 keeps what it rejected as a letter, which goes back only while it is there', async () => {
    const world = createDurableLogWorld()
    await world.fill(1)
    let isBroken = true
    const reading = world.read({
      start: 'start',
      on: () => (isBroken ? { kind: 'reject', reason: 'rejected', failure: undefined } : { kind: 'done' }),
    })
    await world.settle()
    isBroken = false
    expect(world.redrive()).toBe(1)
    await world.settle()
    expect(reading.seen).toEqual([0, 0])
    expect(world.balance()).toBe(0)
    world.restart({ lose: true })
    expect(world.inspect()).toMatchObject({ dead: 0, redriven: 1 })
    expect(world.letters()).toEqual([])
    expect(world.balance()).toBe(0)
  })
})
