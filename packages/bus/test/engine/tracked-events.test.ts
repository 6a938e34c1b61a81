/** Events with retries: each group gets its own copy, keeps it, and gives it up on its own. */

import { expect, test } from 'vitest'
import { done } from '../../src/outcome.js'
import { channelOf, createWorld, reject } from './engine-world.js'

const event = channelOf('event', { tracked: true })

test('E3 each group handles each message, whatever becomes of it elsewhere', () => {
  const world = createWorld(event)
  const [a, b, c] = [
    world.worker(9, { group: 'one' }),
    world.worker(9, { group: 'two' }),
    world.worker(9, { group: undefined }),
  ]
  void world.publish('m')
  world.run()
  expect([a.ids, b.ids, c.ids]).toEqual([['m'], ['m'], ['m']])
  expect(new Set([a, b, c].map(({ last }) => last.token)).size).toBe(3)
  a.settleLast()
  b.settleLast(reject)
  expect(world.inspect()).toMatchObject({ received: 3, done: 1, dead: 1, leased: 1 })
  expect(world.letters()).toMatchObject([{ group: 'two' }])
})

test('Q5 a letter goes back to its own group only', () => {
  const world = createWorld(event)
  const [a, b] = [world.worker(9, { group: 'one' }), world.worker(9, { group: 'two' })]
  a.onDeliver = ({ token }) => a.consumer.settle(token, done)
  b.onDeliver = ({ token }) => b.consumer.settle(token, b.claims.length === 1 ? reject : done)
  void world.publish('m')
  world.run()
  expect(world.redrive()).toBe(1)
  world.run()
  expect([a.ids, b.ids]).toEqual([['m'], ['m', 'm']])
})

test('one message that two groups gave up is two letters under one id', () => {
  const world = createWorld(event)
  for (const group of ['one', 'two']) {
    const worker = world.worker(9, { group })
    worker.onDeliver = ({ token }) => worker.consumer.settle(token, reject)
  }
  void world.publish('m')
  world.run()
  expect(world.letters().map(({ group }) => group)).toEqual(['one', 'two'])
  expect(world.discard(['m'])).toBe(2)
})

test('a named group keeps its messages while nobody is there', () => {
  const world = createWorld(event)
  world.worker(1).consumer.leave({ failed: false })
  void world.publish('m')
  expect(world.inspect()).toMatchObject({ ready: 1, consumers: 0 })
  const worker = world.worker(1)
  world.run()
  expect(worker.ids).toEqual(['m'])
})

test('a consumer without a group leaves nothing behind', () => {
  const world = createWorld(event)
  const worker = world.worker(1, { group: undefined })
  for (const id of ['a', 'b']) void world.publish(id)
  world.run()
  worker.consumer.stop()
  expect(world.inspect()).toMatchObject({ leased: 1, dropped: 1, consumers: 0 })
  void world.publish('c')
  expect(world.inspect()).toMatchObject({ received: 2 })
  expect(worker.settleLast()).toBe(true)
  worker.consumer.leave({ failed: false })
  expect(world.inspect()).toMatchObject({ received: 2, done: 1, dropped: 1, ready: 0 })
})

test('a consumer without a group that crashes drops its open claims', () => {
  const world = createWorld(event)
  const worker = world.worker(1, { group: undefined })
  void world.publish('a')
  world.run()
  worker.consumer.leave({ failed: true })
  expect(world.inspect()).toMatchObject({ received: 1, dropped: 1, leased: 0, ready: 0 })
})

test('a full group refuses the publish before any group got it; purge removes a group that nobody is in', () => {
  const world = createWorld(event, { queueMessages: 1 })
  world.worker(0, { group: 'abandoned' }).consumer.leave({ failed: false })
  const worker = world.worker(9, { group: 'alive' })
  void world.publish('a')
  world.run()
  worker.settleLast()
  expect(() => world.publish('b')).toThrow('QUEUE_FULL')
  world.run()
  expect(worker.ids).toEqual(['a'])
  expect(world.purge()).toBe(1)
  void world.publish('c')
  world.run()
  expect(worker.ids).toEqual(['a', 'c'])
  expect(world.inspect()).toMatchObject({ received: 3, purged: 1 })
})

test('F30 one named group too many is refused, also when nobody is in the others any more', () => {
  const world = createWorld(event, { groups: 2 })
  for (const group of ['one', 'two']) world.worker(1, { group }).consumer.leave({ failed: false })
  expect(() => world.worker(1, { group: 'three' })).toThrow('LIMIT_EXCEEDED')
  world.worker(1, { group: 'one' })
  world.worker(1, { group: undefined })
})
