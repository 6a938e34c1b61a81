/** Claims on messages of a work queue: tokens, leases, attempts, and what the outcomes do. */

import { expect, test } from 'vitest'
import { done } from '../../src/outcome.js'
import { channelOf, createWorld, reject, retry } from './engine-world.js'

const queue = channelOf('queue', { leaseMs: 1_000 })

test('Q1 a message stays until it is settled and then is gone', () => {
  const world = createWorld(queue)
  void world.publish('a')
  expect(world.inspect()).toMatchObject({ ready: 1, leased: 0 })
  const worker = world.worker(2)
  world.run()
  expect(world.inspect()).toMatchObject({ ready: 0, leased: 1, consumers: 1 })
  expect(worker.settleLast()).toBe(true)
  world.run()
  expect(worker.ids).toEqual(['a'])
  expect(world.inspect()).toMatchObject({ received: 1, done: 1, ready: 0, leased: 0 })
})

test('Q2 a stale token is refused and changes nothing', () => {
  const world = createWorld(queue)
  void world.publish('a')
  const [slow, quick] = [world.worker(1), world.worker(0)]
  world.run()
  world.clock.advance(1_000)
  expect(slow.lostTokens).toEqual([slow.last.token])
  quick.consumer.credit(1)
  world.run()
  expect(quick.last).toMatchObject({ attempt: 2 })
  expect(quick.last.token).not.toBe(slow.last.token)
  for (const outcome of [done, retry(), reject]) expect(slow.settleLast(outcome)).toBe(false)
  expect(slow.consumer.extend(slow.last.token)).toBe(false)
  expect(world.inspect()).toMatchObject({ leased: 1, done: 0, dead: 0, delayed: 0 })
  expect(quick.settleLast()).toBe(true)
})

test('Q2 a token works only for the consumer it was given to', () => {
  const world = createWorld(queue)
  void world.publish('a')
  const [owner, thief] = [world.worker(1), world.worker(0)]
  world.run()
  expect(thief.consumer.settle(owner.last.token, done)).toBe(false)
  expect(thief.consumer.extend(owner.last.token)).toBe(false)
  expect(world.inspect()).toMatchObject({ leased: 1 })
})

test('Q2 F58 settling a token twice in the same way is harmless, in another way it is refused', () => {
  const world = createWorld(queue)
  void world.publish('a')
  const worker = world.worker(1)
  world.run()
  expect(worker.settleLast()).toBe(true)
  expect(worker.settleLast()).toBe(true)
  expect(worker.settleLast(reject)).toBe(false)
  expect(world.inspect()).toMatchObject({ done: 1, dead: 0 })
})

test('what is remembered of settled tokens is bounded', () => {
  const world = createWorld(queue)
  const worker = world.worker(1_000)
  for (let id = 0; id < 300; id++) void world.publish(String(id))
  world.run()
  for (const { token } of worker.claims) worker.consumer.settle(token, done)
  const [first, last] = [worker.claims[0]!.token, worker.last.token]
  expect(worker.consumer.settle(last, done)).toBe(true)
  expect(worker.consumer.settle(first, done)).toBe(false)
})

test('Q3 a lease that is renewed lasts; leases end in their own order', () => {
  const world = createWorld(queue)
  const worker = world.worker(2)
  void world.publish('a')
  world.run()
  world.clock.advance(600)
  void world.publish('b')
  world.run()
  const [a, b] = worker.claims.map(({ token }) => token) as [number, number]
  expect(worker.consumer.extend(a)).toBe(true)
  world.clock.advance(999)
  expect(worker.lostTokens).toEqual([])
  // Both were due at the same moment; renewing put `a` behind `b`.
  world.clock.advance(1)
  expect(worker.lostTokens).toEqual([b, a])
})

test('the wall clock has no say in leases, delays and time to live', () => {
  const world = createWorld(channelOf('queue', { leaseMs: 1_000, ttlMs: 5_000 }))
  void world.publish('a')
  void world.publish('later', {}, { delayMs: 500 })
  const worker = world.worker(1)
  world.run()
  world.clock.jump(3_600_000)
  world.clock.advance(499)
  expect(worker.lostTokens).toEqual([])
  expect(world.inspect()).toMatchObject({ delayed: 1, leased: 1, expired: 0 })
  world.clock.jump(-7_200_000)
  world.clock.advance(501)
  expect(worker.lostTokens).toHaveLength(1)
  expect(world.inspect()).toMatchObject({ delayed: 0, ready: 2, expired: 0 })
})

test('Q3 F46 what a crashed consumer had goes to the others at once, first and in order', () => {
  const world = createWorld(queue)
  for (let id = 0; id < 14; id++) void world.publish(String(id))
  const crashed = world.worker(10)
  world.run()
  expect(crashed.ids).toHaveLength(10)
  crashed.consumer.leave({ failed: true })
  const worker = world.worker(20)
  world.run()
  expect(worker.ids).toEqual(Array.from({ length: 14 }, (_, id) => String(id)))
  expect(worker.claims.map(({ attempt }) => attempt)).toEqual([...Array(10).fill(2), ...Array(4).fill(1)])
  expect(crashed.settleLast()).toBe(false)
})

test('Q3 what several consumers give back one after another stands in its old order', () => {
  const world = createWorld(queue)
  const [a, b] = [world.worker(2), world.worker(2)]
  for (let id = 0; id < 6; id++) void world.publish(String(id))
  world.run()
  expect([a.ids, b.ids]).toEqual([
    ['0', '2'],
    ['1', '3'],
  ])
  a.consumer.leave({ failed: true })
  b.consumer.leave({ failed: true })
  const worker = world.worker(9)
  world.run()
  expect(worker.ids).toEqual(['0', '1', '2', '3', '4', '5'])
})

test('Q4 a consumer that leaves in peace does not cost an attempt', () => {
  const world = createWorld(queue)
  void world.publish('a')
  world.worker(1).consumer.leave({ failed: false })
  for (let turn = 0; turn < 5; turn++) {
    const worker = world.worker(1)
    world.run()
    expect(worker.last.attempt).toBe(1)
    worker.consumer.leave({ failed: false })
  }
  expect(world.inspect()).toMatchObject({ ready: 1, dead: 0 })
})

test('stop: no more deliveries, but open claims can be settled', () => {
  const world = createWorld(queue)
  for (const id of ['a', 'b', 'c']) void world.publish(id)
  const worker = world.worker(2)
  world.run()
  worker.consumer.stop()
  worker.consumer.credit(5)
  world.run()
  expect(worker.ids).toEqual(['a', 'b'])
  expect(worker.settleLast()).toBe(true)
  expect(world.inspect()).toMatchObject({ ready: 1, leased: 1, done: 1, consumers: 0 })
})

test('Q4 F62 a message that fails every time is tried `attempts` times and then dead, with its history', () => {
  const world = createWorld(queue)
  void world.publish('poison')
  void world.publish('fine')
  const worker = world.worker(10)
  worker.onDeliver = ({ token, message, attempt }) => {
    const failure = { message: `failure ${attempt}` }
    worker.consumer.settle(token, message.id === 'fine' ? done : { kind: 'retry', afterMs: 100, failure })
  }
  world.run()
  expect(worker.ids).toEqual(['poison', 'fine'])
  world.clock.advance(99)
  world.run()
  expect(worker.ids).toHaveLength(2)
  for (let turn = 0; turn < 10; turn++) {
    world.clock.advance(100)
    world.run()
  }
  expect(worker.claims.map(({ attempt, message }) => `${message.id} ${attempt}`)).toEqual([
    'poison 1',
    'fine 1',
    'poison 2',
    'poison 3',
  ])
  expect(world.letters()).toMatchObject([
    {
      reason: 'attempts',
      attempts: 3,
      firstFailure: { message: 'failure 1' },
      lastFailure: { message: 'failure 3' },
      diedAt: world.clock.now() - 800,
    },
  ])
})

test('F63 leases that run out and crashes count as attempts too', () => {
  const world = createWorld(queue)
  void world.publish('hangs')
  const worker = world.worker(5)
  world.run()
  world.clock.advance(1_000)
  world.run()
  worker.consumer.leave({ failed: true })
  const last = world.worker(1)
  world.run()
  expect(last.last.attempt).toBe(3)
  world.clock.advance(1_000)
  expect(world.letters()).toMatchObject([
    {
      reason: 'attempts',
      attempts: 3,
      firstFailure: { code: 'LEASE_LOST' },
      lastFailure: { code: 'LEASE_LOST' },
    },
  ])
  expect(world.inspect()).toMatchObject({ ready: 0, leased: 0, dead: 1 })
})

test('reject is a dead letter at once, drop is counted and gone', () => {
  const world = createWorld(queue)
  void world.publish('a')
  void world.publish('b')
  const worker = world.worker(1)
  world.run()
  worker.settleLast(reject)
  worker.consumer.credit(1)
  world.run()
  worker.settleLast({ kind: 'drop' })
  expect(world.letters()).toMatchObject([{ reason: 'rejected', attempts: 1, group: undefined }])
  expect(world.inspect()).toMatchObject({ received: 2, dead: 1, dropped: 1, ready: 0, leased: 0 })
})

test('purge takes everything, leased messages too, and voids the claims', () => {
  const world = createWorld(queue)
  for (const id of ['a', 'b', 'c']) void world.publish(id)
  void world.publish('later', {}, { delayMs: 10 })
  const worker = world.worker(1)
  world.run()
  expect(world.purge()).toBe(4)
  expect(worker.lostTokens).toEqual([worker.last.token])
  expect(worker.settleLast()).toBe(false)
  world.clock.advance(10_000)
  worker.consumer.credit(5)
  world.run()
  expect(worker.ids).toEqual(['a'])
  expect(world.inspect()).toMatchObject({ received: 4, purged: 4, ready: 0, delayed: 0, leased: 0 })
})

test('an idle queue keeps no timer', () => {
  const world = createWorld(channelOf('queue', { leaseMs: 1_000, ttlMs: 2_000 }))
  void world.publish('a')
  void world.publish('b', {}, { delayMs: 100 })
  const worker = world.worker(5)
  world.run()
  worker.settleLast()
  world.clock.advance(100)
  world.run()
  worker.settleLast()
  world.clock.advance(3_000)
  expect(world.clock.timers).toBe(0)
})
