/** What a durable queue promises over restarts, on a store that forgets what was not synced. */

import { describe, expect, it } from 'vitest'
import { createDurableWorld } from './durable-world.js'
import { reject, retry, type Worker } from './engine-world.js'

const bodies = (worker: Worker): string[] =>
  worker.claims.map(({ message }) => JSON.parse(new TextDecoder().decode(message.body.bytes())) as string)

describe('durable queue', () => {
  it('Q1 gives the receipt and the message only when the record is on disk', async () => {
    const world = createDurableWorld()
    const worker = world.worker(10)
    const sent = world.publish('a')
    world.run()
    await Promise.resolve()
    expect([sent.receipt, worker.ids]).toEqual([undefined, []])
    await world.settle()
    expect(sent.receipt).toEqual({ id: 'a', level: 'durable' })
    expect(worker.ids).toEqual(['a'])
  })

  it('Q1 F44 has after a loss of power what was receipted, and nothing that was not written', async () => {
    const world = createDurableWorld()
    world.publish('a')
    await world.settle()
    world.publish('b')
    world.restart({ lose: true })
    const worker = world.worker(10)
    await world.settle()
    expect(bodies(worker)).toEqual(['a'])
    expect(world.balance()).toBe(0)
  })

  it('Q1 F44 never gives again what was done on disk, and gives again what was not', async () => {
    const world = createDurableWorld()
    for (const id of ['a', 'b', 'c']) world.publish(id)
    const worker = world.worker(3)
    await world.settle()
    worker.consumer.settle(worker.claims[0]?.token ?? 0, { kind: 'done' })
    await world.settle()
    worker.consumer.settle(worker.claims[1]?.token ?? 0, { kind: 'done' })
    world.restart({ lose: true })
    const after = world.worker(3)
    await world.settle()
    expect(after.ids).toEqual(['b', 'c'])
    expect(world.inspect()).toMatchObject({ received: 3, done: 1, leased: 2 })
  })

  it('Q4 F44 counts what a crash undid as acquired, not as failed', async () => {
    const world = createDurableWorld()
    world.publish('a')
    world.worker(1)
    await world.settle()
    world.restart()
    const after = world.worker(1)
    await world.settle()
    expect(after.claims).toMatchObject([{ attempt: 1, acquired: 2 }])
  })

  it('Q4 counts it as failed where the consumers die with the engine', async () => {
    const world = createDurableWorld({ crashFails: true })
    world.publish('a')
    for (let life = 1; life <= 3; life++) {
      const worker = world.worker(1)
      await world.settle()
      expect(worker.claims).toMatchObject([{ attempt: life, acquired: life }])
      world.restart()
    }
    world.worker(1)
    await world.settle()
    expect(world.letters()).toMatchObject([{ reason: 'attempts', attempts: 3, message: { id: 'a' } }])
    expect(world.balance()).toBe(0)
  })

  it('Q4 Q3 keeps failures and the rest of a back-off over a restart', async () => {
    const world = createDurableWorld()
    world.publish('a')
    const worker = world.worker(1)
    await world.settle()
    worker.settleLast(retry(1_000))
    await world.settle()
    world.clock.advance(400)
    world.restart()
    const after = world.worker(1)
    await world.settle()
    expect(world.inspect()).toMatchObject({ delayed: 1 })
    world.clock.advance(599)
    await world.settle()
    expect(after.ids).toEqual([])
    world.clock.advance(1)
    await world.settle()
    expect(after.claims).toMatchObject([{ attempt: 2, acquired: 2 }])
  })

  it('Q1 keeps delayed messages and their time', async () => {
    const world = createDurableWorld()
    world.publish('late', {}, { delayMs: 5_000 })
    world.publish('now')
    await world.settle()
    world.clock.advance(2_000)
    world.restart()
    const worker = world.worker(5)
    await world.settle()
    expect(worker.ids).toEqual(['now'])
    world.clock.advance(3_000)
    await world.settle()
    expect(worker.ids).toEqual(['now', 'late'])
  })

  it('Q5 Q4 buries and removes in one step, and keeps the letter with its history', async () => {
    const world = createDurableWorld()
    world.publish('a')
    const worker = world.worker(1)
    await world.settle()
    worker.settleLast(retry(0))
    await world.settle()
    world.clock.advance(1)
    await world.settle()
    worker.consumer.credit(1)
    await world.settle()
    worker.settleLast(reject)
    await world.settle()
    world.restart({ lose: true })
    expect(world.inspect()).toMatchObject({ dead: 1, ready: 0, leased: 0 })
    const [letter] = world.letters()
    expect(letter).toMatchObject({
      reason: 'rejected',
      attempts: 2,
      acquired: 2,
      firstFailure: { message: 'no' },
      lastFailure: { message: 'never' },
    })
    expect(new TextDecoder().decode(letter?.message.body.bytes())).toBe('"a"')
  })

  it('Q5 F65 redrives exactly once, over restarts too', async () => {
    const world = createDurableWorld()
    world.publish('a')
    const worker = world.worker(1)
    await world.settle()
    worker.settleLast(reject)
    await world.settle()
    world.restart()
    expect(world.redrive()).toBe(1)
    await world.settle()
    world.restart({ lose: true })
    expect(world.redrive()).toBe(0)
    const after = world.worker(1)
    await world.settle()
    expect(after.claims).toMatchObject([{ attempt: 1, message: { id: 'a' } }])
    after.settleLast()
    await world.settle()
    world.restart()
    expect(world.inspect()).toMatchObject({ received: 1, done: 1, dead: 0, redriven: 1 })
  })

  it('Q5 counts discarded letters as purged, over a restart', async () => {
    const world = createDurableWorld()
    world.publish('a')
    const worker = world.worker(1)
    await world.settle()
    worker.settleLast(reject)
    expect(world.discard()).toBe(1)
    await world.settle()
    world.restart()
    expect(world.inspect()).toMatchObject({ dead: 0, purged: 1 })
    expect(world.balance()).toBe(0)
  })

  it('Q1 purges for good', async () => {
    const world = createDurableWorld()
    for (let count = 0; count < 50; count++)
      world.publish(`m${count}`, {}, count % 2 ? { delayMs: 1_000 } : {})
    const worker = world.worker(5)
    await world.settle()
    expect(world.purge()).toBe(50)
    expect(worker.lostTokens).toHaveLength(5)
    await world.settle()
    world.restart()
    expect(world.inspect()).toMatchObject({ purged: 50, ready: 0, delayed: 0 })
    expect(world.balance()).toBe(0)
  })

  it('Q1 hands out the urgent first, those of earlier runs too', async () => {
    const world = createDurableWorld({ guarantees: { priority: true } })
    for (let count = 0; count < 30; count++)
      world.publish(`p${count % 3}-${count}`, {}, { priority: count % 3 })
    await world.settle()
    world.restart()
    const worker = world.worker(100)
    await world.settle()
    expect(worker.ids.map((id) => id.slice(0, 2))).toEqual([
      ...Array(10).fill('p2'),
      ...Array(10).fill('p1'),
      ...Array(10).fill('p0'),
    ])
  })

  it('E4 keeps the order of a key over a restart', async () => {
    const world = createDurableWorld({ guarantees: { ordered: true } })
    for (let count = 0; count < 6; count++) world.publish(`${count}`, { key: count % 2 ? 'odd' : 'even' })
    await world.settle()
    world.restart()
    const worker = world.worker(10)
    await world.settle()
    expect(worker.ids).toEqual(['0', '1'])
    worker.consumer.settle(worker.claims[0]?.token ?? 0, { kind: 'done' })
    await world.settle()
    expect(worker.ids).toEqual(['0', '1', '2'])
  })

  it('E4 has a failed message hold up its key over a restart until it was tried again', async () => {
    const world = createDurableWorld({ guarantees: { ordered: true } })
    for (const [id, key] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ] as const)
      world.publish(id, { key })
    const before = world.worker(1)
    await world.settle()
    before.settleLast({ kind: 'retry', afterMs: 500, failure: undefined })
    await world.settle()
    world.restart()
    world.publish('a3', { key: 'a' })
    const worker = world.worker(10)
    await world.settle()
    expect(worker.ids).toEqual(['b1'])
    expect(world.inspect()).toMatchObject({ delayed: 1, leased: 1, ready: 2 })
    for (const id of ['a1', 'a2', 'a3']) {
      world.clock.advance(500)
      await world.settle()
      expect(worker.last.message.id).toBe(id)
      worker.settleLast()
    }
  })

  it('Q1 lets messages expire that grew too old while nobody ran', async () => {
    const world = createDurableWorld({ guarantees: { ttlMs: 1_000 } })
    world.publish('old')
    await world.settle()
    world.clock.advance(900)
    world.publish('young')
    await world.settle()
    world.clock.advance(200)
    world.restart()
    const worker = world.worker(5)
    await world.settle()
    expect(worker.ids).toEqual(['young'])
    expect(world.inspect()).toMatchObject({ expired: 1 })
  })

  it('Q2 never takes a token of an earlier run', async () => {
    const world = createDurableWorld()
    world.publish('a')
    const worker = world.worker(1)
    await world.settle()
    const { token } = worker.last
    world.restart()
    const after = world.worker(1)
    await world.settle()
    expect(after.last.token).not.toBe(token)
    expect(after.consumer.settle(token, { kind: 'done' })).toBe(false)
  })

  it('Q1 rejects what was not receipted when the disk fails, outcome unknown', async () => {
    const world = createDurableWorld()
    const sent = world.publish('a')
    world.store.fail()
    await world.settle()
    expect(sent.error).toMatchObject({ code: 'STORE_FAILED', outcome: 'unknown' })
    expect(world.publish('b').error).toMatchObject({ code: 'STORE_FAILED' })
  })
})
