/** Plain events: at most once, in order, bounded, and no loss without a word. */

import { expect, test, vi } from 'vitest'
import { EncodedBody } from '../../src/body.js'
import { isBusError } from '../../src/errors.js'
import { channelOf, createWorld } from './engine-world.js'

const event = channelOf('event', { tracked: false })
const pathEvent = channelOf('event', { tracked: false }, ['airline', 'flight'])
const publishMany = (world: ReturnType<typeof createWorld>, count: number): void => {
  for (let id = 0; id < count; id++) void world.publish(String(id))
}

test('E1 a publish reaches each group once and each consumer without a group once, with token 0', () => {
  const world = createWorld(event)
  const [a, b] = [world.worker(9, { group: 'one' }), world.worker(9, { group: 'one' })]
  const [c, d, e] = [
    world.worker(9, { group: 'two' }),
    world.worker(9, { group: undefined }),
    world.worker(9, { group: undefined }),
  ]
  expect(world.publish('m')).toEqual({ id: 'm', level: 'accepted' })
  world.run()
  expect([...a.ids, ...b.ids]).toEqual(['m'])
  expect([c.ids, d.ids, e.ids]).toEqual([['m'], ['m'], ['m']])
  expect(c.last).toMatchObject({ token: 0, attempt: 1, offset: undefined })
  expect(c.consumer.settle(0, { kind: 'done' })).toBe(false)
})

test('a publish never delivers in the stack of its caller', () => {
  const world = createWorld(event)
  const worker = world.worker(9)
  void world.publish('m')
  expect(worker.ids).toEqual([])
  world.run()
  expect(worker.ids).toEqual(['m'])
})

test('F53 each subscriber sees one publisher in order, whatever its credit', () => {
  const world = createWorld(event)
  const worker = world.worker(1)
  worker.onDeliver = () => worker.consumer.credit(1)
  publishMany(world, 4_096)
  world.run()
  expect(worker.ids).toEqual(Array.from({ length: 4_096 }, (_, id) => String(id)))
})

test('members of a group take turns', () => {
  const world = createWorld(event)
  const [a, b] = [world.worker(9), world.worker(9)]
  publishMany(world, 4)
  world.run()
  expect([a.ids, b.ids]).toEqual([
    ['0', '2'],
    ['1', '3'],
  ])
})

test('patterns choose, and another pattern under one group name is a group of its own', () => {
  const world = createWorld(pathEvent)
  const all = world.worker(9, { pattern: 'airport.topic.**' })
  const klm = world.worker(9, { pattern: 'airport.topic.KL.*' })
  void world.publish('1', { address: 'airport.topic.KL.KL23' })
  void world.publish('2', { address: 'airport.topic.LH.LH1' })
  world.run()
  expect([all.ids, klm.ids]).toEqual([['1', '2'], ['1']])
})

test('two patterns that take everything are one group', () => {
  const world = createWorld(pathEvent)
  const [a, b] = [
    world.worker(9, { pattern: 'airport.topic.**' }),
    world.worker(9, { pattern: 'airport.topic.*.*' }),
  ]
  for (const id of ['1', '2']) void world.publish(id)
  world.run()
  expect([a.ids, b.ids]).toEqual([['1'], ['2']])
})

test('nothing is delivered without credit, after stop, or twice for one credit', () => {
  const world = createWorld(event)
  const worker = world.worker(2)
  publishMany(world, 5)
  world.run()
  expect(worker.ids).toEqual(['0', '1'])
  worker.consumer.stop()
  worker.consumer.credit(5)
  void world.publish('x')
  world.run()
  expect(worker.ids).toEqual(['0', '1'])
  expect(world.inspect()).toMatchObject({ received: 5, done: 2, dropped: 3, ready: 0, consumers: 0 })
})

test('E2 F40 drop-oldest keeps the newest and reports the gap before the next delivery', () => {
  const world = createWorld(event)
  const worker = world.worker(0, { buffer: { messages: 3, overflow: 'drop-oldest' } })
  publishMany(world, 10)
  world.run()
  worker.onDeliver = () => expect(worker.gaps).toEqual([7])
  worker.consumer.credit(10)
  world.run()
  expect(worker.ids).toEqual(['7', '8', '9'])
  expect(world.inspect()).toMatchObject({ received: 10, done: 3, dropped: 7, ready: 0 })
})

test('F40 a full buffer is flushed to whoever has credit before anything is dropped', () => {
  const world = createWorld(event)
  const worker = world.worker(100, { buffer: { messages: 3, overflow: 'drop-oldest' } })
  publishMany(world, 10)
  world.run()
  expect(worker.ids).toHaveLength(10)
  expect(worker.gaps).toEqual([])
})

test('F40 disconnect ends every member of the group with SLOW_CONSUMER', () => {
  const world = createWorld(event)
  const worker = world.worker(0, { buffer: { messages: 2, overflow: 'disconnect' } })
  publishMany(world, 4)
  world.run()
  expect(worker.ends).toEqual(['SLOW_CONSUMER'])
  expect(world.inspect()).toMatchObject({ received: 3, dropped: 3, ready: 0, consumers: 0 })
})

test('F41 block makes publishers wait in order, and lets them go on one by one', async () => {
  const world = createWorld(event)
  const worker = world.worker(0, { buffer: { messages: 2, overflow: 'block' } })
  const went: string[] = []
  const wait = (id: string): void => {
    const receipt = world.publish(id)
    if (receipt instanceof Promise) void receipt.then(({ id: was }) => went.push(was))
    else went.push(`${id} at once`)
  }
  for (const id of ['a', 'b', 'c', 'd']) wait(id)
  expect(went).toEqual(['a at once', 'b at once'])
  worker.consumer.credit(1)
  world.run()
  await vi.waitFor(() => expect(went).toHaveLength(3))
  expect(went[2]).toBe('c')
  wait('e')
  worker.consumer.credit(9)
  world.run()
  await vi.waitFor(() => expect(went).toHaveLength(5))
  expect(went.slice(2)).toEqual(['c', 'd', 'e'])
  expect(worker.ids).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('F41 a small publish does not overtake a large one that waits for room', async () => {
  const world = createWorld(event, { bufferBytes: 25 })
  const worker = world.worker(0, { buffer: { messages: 100, overflow: 'block' } })
  publishMany(world, 2)
  const sized = (bytes: number) => ({ body: new EncodedBody('json', new Uint8Array(bytes)) })
  const waiting = [world.publish('large', sized(20)), world.publish('small', sized(1))]
  worker.consumer.credit(9)
  world.run()
  await Promise.all(waiting)
  expect(worker.ids).toEqual(['0', '1', 'large', 'small'])
})

test('F41 too many waiting publishes are refused with QUEUE_FULL before anybody got the message', () => {
  const world = createWorld(event, { blockedPublishes: 1 })
  const other = world.worker(9, { group: 'other' })
  world.worker(0, { buffer: { messages: 1, overflow: 'block' } })
  publishMany(world, 2)
  let refused: unknown
  try {
    void world.publish('2')
  } catch (error) {
    refused = error
  }
  expect(isBusError(refused, 'QUEUE_FULL') && refused.outcome).toBe('rejected')
  world.run()
  expect(other.ids).toEqual(['0', '1'])
})

test('a publisher does not wait for a group that goes away', async () => {
  const world = createWorld(event)
  const worker = world.worker(0, { buffer: { messages: 1, overflow: 'block' } })
  publishMany(world, 1)
  const waiting = world.publish('b')
  worker.consumer.leave({ failed: true })
  expect(await waiting).toMatchObject({ id: 'b' })
  expect(world.inspect()).toMatchObject({ received: 2, dropped: 2, ready: 0 })
})

test('the buffer is bounded in bytes too, but always takes one message', () => {
  const world = createWorld(event, { bufferBytes: 25 })
  const worker = world.worker(0)
  publishMany(world, 5)
  expect(world.inspect()).toMatchObject({ ready: 2, dropped: 3 })
  worker.consumer.leave({ failed: false })
  const small = createWorld(event, { bufferBytes: 5 })
  const again = small.worker(1)
  void small.publish('big')
  small.run()
  expect(again.ids).toEqual(['big'])
})

test('a body is told when several will read it, and only then', () => {
  const world = createWorld(event)
  world.worker(9, { group: 'one' })
  const retain = vi.fn()
  const body = { codec: 'json', size: 1, bytes: () => new Uint8Array(1), retain }
  void world.publish('a', { body })
  expect(retain).not.toHaveBeenCalled()
  world.worker(9, { group: 'two' })
  void world.publish('b', { body })
  expect(retain).toHaveBeenCalledTimes(1)
})

test('what a sink publishes waits for the next turn', () => {
  const world = createWorld(event)
  const worker = world.worker(1_000)
  let rounds = 0
  worker.onDeliver = () => {
    if (rounds++ < 50) void world.publish(`again ${rounds}`)
    expect(world.pendingTasks).toBeLessThanOrEqual(1)
  }
  void world.publish('first')
  world.run()
  expect(worker.ids).toHaveLength(51)
})

test('purge empties the buffers and counts', () => {
  const world = createWorld(event)
  world.worker(0, { group: 'one' })
  world.worker(0, { group: 'two' })
  publishMany(world, 3)
  expect(world.purge()).toBe(6)
  expect(world.inspect()).toMatchObject({ received: 6, purged: 6, ready: 0 })
})
