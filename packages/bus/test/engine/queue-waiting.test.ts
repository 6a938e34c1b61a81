/** Who gets which message when: delays, time to live, priority, order per key, fairness, path filters, limits. */

import { expect, test } from 'vitest'
import { isBusError } from '../../src/errors.js'
import { channelOf, createWorld, retry } from './engine-world.js'

const queue = channelOf('queue')
const ordered = channelOf('queue', { ordered: true })

test('a delayed message comes at its time, in order of time', () => {
  const world = createWorld(queue)
  const worker = world.worker(9)
  for (const delayMs of [300, 100, 200, 100])
    void world.publish(`${delayMs} ${world.inspect().received}`, {}, { delayMs })
  world.run()
  expect(world.inspect()).toMatchObject({ delayed: 4, ready: 0 })
  world.clock.advance(99)
  world.run()
  expect(worker.ids).toEqual([])
  world.clock.advance(1)
  world.run()
  expect(worker.ids).toEqual(['100 1', '100 3'])
  world.clock.advance(200)
  world.run()
  expect(worker.ids).toEqual(['100 1', '100 3', '200 2', '300 0'])
  expect(world.clock.timers).toBe(1)
})

test('a retried message waits behind those that came meanwhile', () => {
  const world = createWorld(queue)
  const worker = world.worker(1)
  for (const id of ['a', 'b']) void world.publish(id)
  world.run()
  worker.settleLast(retry(0))
  worker.consumer.credit(2)
  world.run()
  expect(worker.ids).toEqual(['a', 'b', 'a'])
})

test('an unhandled message expires, is counted, and is no dead letter', () => {
  const world = createWorld(channelOf('queue', { ttlMs: 1_000, leaseMs: 5_000 }))
  for (const id of ['a', 'b', 'c']) void world.publish(id)
  void world.publish('later', {}, { delayMs: 900 })
  const worker = world.worker(1)
  world.run()
  world.clock.advance(999)
  expect(world.inspect()).toMatchObject({ ready: 3, expired: 0 })
  world.clock.advance(1)
  // What is delayed lives from its time on; what is leased is not taken away.
  expect(world.inspect()).toMatchObject({ ready: 1, leased: 1, expired: 2, dead: 0 })
  worker.settleLast(retry())
  expect(world.inspect()).toMatchObject({ ready: 1, leased: 0, expired: 3 })
  world.clock.advance(900)
  expect(world.inspect()).toMatchObject({ received: 4, ready: 0, expired: 4 })
})

test('a higher priority goes first, and one priority keeps its order', () => {
  const world = createWorld(channelOf('queue', { priority: true }))
  for (const [id, priority] of [
    ['a', 0],
    ['b', 9],
    ['c', 5],
    ['d', 9],
    ['e', 99],
    ['f', -1],
  ] as const)
    void world.publish(id, {}, { priority })
  const worker = world.worker(9)
  world.run()
  expect(worker.ids).toEqual(['b', 'd', 'e', 'c', 'a', 'f'])
})

test('without the guarantee a priority changes nothing', () => {
  const world = createWorld(queue)
  void world.publish('a')
  void world.publish('b', {}, { priority: 9 })
  const worker = world.worker(9)
  world.run()
  expect(worker.ids).toEqual(['a', 'b'])
})

test('E4 F54 of one key one message is in flight, and a failing key holds up only itself', () => {
  const world = createWorld(ordered)
  for (const [id, key] of [
    ['a1', 'a'],
    ['a2', 'a'],
    ['b1', 'b'],
    ['none', undefined],
    ['a3', 'a'],
    ['b2', 'b'],
  ] as const)
    void world.publish(id, { key })
  const worker = world.worker(9)
  world.run()
  expect(worker.ids).toEqual(['a1', 'b1', 'none'])
  expect(world.inspect()).toMatchObject({ ready: 3, leased: 3 })
  const [a1, b1] = worker.claims
  worker.consumer.settle(a1!.token, retry(100))
  worker.consumer.settle(b1!.token, { kind: 'done' })
  world.run()
  expect(worker.ids).toEqual(['a1', 'b1', 'none', 'b2'])
  world.clock.advance(100)
  world.run()
  expect(worker.last).toMatchObject({ attempt: 2, message: { id: 'a1' } })
  worker.settleLast()
  world.run()
  expect(worker.last.message.id).toBe('a2')
  worker.consumer.leave({ failed: true })
  const next = world.worker(9)
  next.onDeliver = ({ token }) => next.consumer.settle(token, { kind: 'done' })
  world.run()
  expect(next.ids.filter((id) => id.startsWith('a'))).toEqual(['a2', 'a3'])
})

test('F42 a slow member does not hold messages that others could take', () => {
  const world = createWorld(queue)
  const [slow, quick] = [world.worker(1), world.worker(1)]
  quick.onDeliver = ({ token }) => {
    quick.consumer.settle(token, { kind: 'done' })
    quick.consumer.credit(1)
  }
  for (let id = 0; id < 10; id++) void world.publish(String(id))
  world.run()
  expect(slow.ids).toHaveLength(1)
  expect(quick.ids).toHaveLength(9)
})

test('F39 no more is out than there is credit for', () => {
  const world = createWorld(queue)
  const worker = world.worker(3)
  for (let id = 0; id < 100; id++) void world.publish(String(id))
  world.run()
  expect(world.inspect()).toMatchObject({ leased: 3, ready: 97 })
  worker.settleLast()
  world.run()
  expect(world.inspect()).toMatchObject({ leased: 2, ready: 97 })
  worker.consumer.credit(1)
  world.run()
  expect(world.inspect()).toMatchObject({ leased: 3, ready: 96 })
})

test('members with credit take turns', () => {
  const world = createWorld(queue)
  const workers = [world.worker(10), world.worker(10), world.worker(10)]
  for (let id = 0; id < 9; id++) void world.publish(String(id))
  world.run()
  expect(workers.map(({ ids }) => ids)).toEqual([
    ['0', '3', '6'],
    ['1', '4', '7'],
    ['2', '5', '8'],
  ])
})

test('a member that gets its credit back in small pieces gets no more turns than others', () => {
  const world = createWorld(queue)
  const [eager, other] = [world.worker(10), world.worker(10)]
  eager.onDeliver = () => eager.consumer.credit(1)
  for (let id = 0; id < 10; id++) void world.publish(String(id))
  world.run()
  expect([eager.ids.length, other.ids.length]).toEqual([5, 5])
})

test('what a sink publishes is delivered in a later turn', () => {
  const world = createWorld(queue)
  const worker = world.worker(1_000)
  worker.onDeliver = () => {
    const before = worker.claims.length
    if (before < 50) void world.publish(`again ${before}`)
    expect(worker.claims).toHaveLength(before)
  }
  void world.publish('first')
  world.run()
  expect(worker.claims).toHaveLength(50)
})

test('workers with a path filter get what fits, and what fits nobody waits without being in the way', () => {
  const world = createWorld(channelOf('queue', { priority: true }, ['airline', 'gate']))
  const at = (path: string) => ({ address: `airport.topic.${path}` })
  void world.publish('nobody', at('XX.9'))
  void world.publish('both', at('KL.1'))
  void world.publish('klm', at('KL.2'))
  void world.publish('gate1', at('LH.1'))
  void world.publish('urgent', at('KL.3'), { priority: 5 })
  const klm = world.worker(9, { pattern: 'airport.topic.KL.*' })
  world.run()
  expect(klm.ids).toEqual(['urgent', 'both', 'klm'])
  const gate1 = world.worker(9, { pattern: 'airport.topic.*.1' })
  world.run()
  expect(gate1.ids).toEqual(['gate1'])
  klm.consumer.leave({ failed: false })
  world.run()
  expect(gate1.ids).toEqual(['gate1', 'both'])
  const all = world.worker(9)
  world.run()
  expect(all.ids).toEqual(['urgent', 'nobody', 'klm'])
})

test('priority counts across path filters', () => {
  const world = createWorld(channelOf('queue', { priority: true }, ['airline', 'gate']))
  world.worker(0, { pattern: 'airport.topic.*.1' })
  const klm = world.worker(0, { pattern: 'airport.topic.KL.*' })
  const at = (path: string) => ({ address: `airport.topic.${path}` })
  void world.publish('low', at('KL.1'))
  void world.publish('lower line', at('KL.2'))
  void world.publish('high', at('KL.2'), { priority: 9 })
  void world.publish('middle', at('KL.1'), { priority: 5 })
  klm.consumer.credit(9)
  world.run()
  expect(klm.ids).toEqual(['high', 'middle', 'low', 'lower line'])
})

test('F41 a full queue refuses with QUEUE_FULL, keeps what it has, and takes again when there is room', () => {
  const world = createWorld(queue, { queueMessages: 2 })
  void world.publish('a')
  void world.publish('b', {}, { delayMs: 10 })
  let refused: unknown
  try {
    void world.publish('c')
  } catch (error) {
    refused = error
  }
  expect(isBusError(refused, 'QUEUE_FULL') && refused.outcome).toBe('rejected')
  expect(world.inspect()).toMatchObject({ received: 2 })
  const worker = world.worker(1)
  world.run()
  worker.settleLast()
  expect(world.publish('c')).toMatchObject({ id: 'c' })
})

test('a queue is bounded in bytes too', () => {
  const world = createWorld(queue, { queueBytes: 25 })
  void world.publish('a')
  void world.publish('b')
  expect(() => world.publish('c')).toThrow('QUEUE_FULL')
})
