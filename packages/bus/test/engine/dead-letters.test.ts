/** Dead letters: listed in pages, put back exactly once, bounded without losing anything. */

import { expect, test } from 'vitest'
import { EncodedBody } from '../../src/body.js'
import { channelOf, createWorld, reject, type World } from './engine-world.js'

const queue = channelOf('queue')

function kill(world: World, count: number): void {
  for (let id = 0; id < count; id++) void world.publish(`m${id}`)
  const worker = world.worker(count)
  worker.onDeliver = ({ token }) => worker.consumer.settle(token, reject)
  world.run()
  worker.consumer.leave({ failed: false })
}

test('letters come in pages, oldest first, and a cursor survives the discard of its letter', () => {
  const world = createWorld(queue)
  kill(world, 5)
  const page = (after?: string) =>
    world.engine.manage(queue, { op: 'dead.list', limit: 2, ...(after !== undefined && { after }) })
  const first = page()
  expect(first.letters.map(({ message }) => message.id)).toEqual(['m0', 'm1'])
  world.discard(['m1'])
  const second = page(first.next)
  expect(second.letters.map(({ message }) => message.id)).toEqual(['m2', 'm3'])
  const third = page(second.next)
  expect(third.letters.map(({ message }) => message.id)).toEqual(['m4'])
  expect(third.next).toBeUndefined()
  expect(page('m3').letters.map(({ message }) => message.id)).toEqual(['m4'])
  expect(page('unknown').letters).toEqual([])
})

test('Q5 redrive puts each letter back once, id kept, attempts reset, body mended', () => {
  const world = createWorld(queue)
  kill(world, 3)
  const body = new EncodedBody('json', new Uint8Array([49]))
  expect(world.engine.manage(queue, { op: 'dead.redrive', ids: ['m1', 'm1', 'nobody'], body })).toEqual({
    count: 1,
  })
  expect(world.redrive(['m1'])).toBe(0)
  expect(world.inspect()).toMatchObject({ received: 3, dead: 2, ready: 1, redriven: 1 })
  const worker = world.worker(9)
  world.run()
  expect(worker.claims).toMatchObject([{ attempt: 1, message: { id: 'm1', body } }])
  worker.settleLast()
  expect(world.redrive()).toBe(2)
  world.run()
  expect(worker.ids).toEqual(['m1', 'm0', 'm2'])
  expect(world.letters()).toEqual([])
})

test('F65 redrive of 1,000 with the fault still there: each is tried once more and is back, no loop', () => {
  const world = createWorld(queue)
  kill(world, 1_000)
  const worker = world.worker(10_000)
  worker.onDeliver = ({ token }) => worker.consumer.settle(token, reject)
  expect(world.redrive()).toBe(1_000)
  world.run()
  expect(worker.claims).toHaveLength(1_000)
  expect(world.letters()).toHaveLength(1_000)
  expect(world.inspect()).toMatchObject({ received: 1_000, dead: 1_000, ready: 0, redriven: 1_000 })
})

test('F65 letters that die during the redrive are not driven again by it', () => {
  // A deferral that runs at once is the hardest case: each letter dies while the redrive goes on.
  const world = createWorld(queue, { deadLetters: 10 })
  kill(world, 4)
  const store = world.engine
  const worker = world.worker(100)
  worker.onDeliver = ({ token }) => {
    worker.consumer.settle(token, reject)
    if (worker.claims.length < 20) store.manage(queue, { op: 'dead.redrive' })
  }
  expect(world.redrive()).toBe(4)
  world.run()
  expect(worker.claims.length).toBeLessThanOrEqual(24)
  expect(world.inspect()).toMatchObject({ received: 4 })
})

test('F64 when the dead letters are full the message stays, blocked, until there is room', () => {
  const world = createWorld(queue, { deadLetters: 2 })
  kill(world, 4)
  expect(world.inspect()).toMatchObject({ dead: 2, delayed: 2, ready: 0 })
  const worker = world.worker(9)
  world.run()
  expect(worker.ids).toEqual([])
  expect(world.discard(['m0'])).toBe(1)
  expect(world.inspect()).toMatchObject({ received: 4, dead: 2, delayed: 1, purged: 1 })
  expect(world.redrive(['m1'])).toBe(1)
  expect(world.inspect()).toMatchObject({ received: 4, dead: 2, delayed: 0, ready: 1, purged: 1 })
  expect(world.letters().map(({ message }) => message.id)).toEqual(['m2', 'm3'])
})

test('F64 dead letters are bounded in bytes too', () => {
  const world = createWorld(queue, { deadLetterBytes: 25 })
  kill(world, 4)
  expect(world.inspect()).toMatchObject({ dead: 2, delayed: 2 })
})

test('F64 an ordered key waits behind its blocked message', () => {
  const ordered = channelOf('queue', { ordered: true })
  const world = createWorld(ordered, { deadLetters: 1 })
  for (const id of ['x', 'y', 'z']) void world.publish(id, { key: 'k' })
  const worker = world.worker(9)
  worker.onDeliver = ({ token }) => worker.consumer.settle(token, reject)
  world.run()
  expect(worker.ids).toEqual(['x', 'y'])
  world.discard()
  world.run()
  expect(worker.ids).toEqual(['x', 'y', 'z'])
})

test('a letter goes back only to a queue with room, and stays otherwise', () => {
  const world = createWorld(queue, { queueMessages: 2 })
  kill(world, 2)
  void world.publish('new')
  expect(world.redrive()).toBe(1)
  expect(world.inspect()).toMatchObject({ ready: 2, dead: 1 })
})

test('purge leaves the dead letters where they are', () => {
  const world = createWorld(queue)
  kill(world, 2)
  expect(world.purge()).toBe(0)
  expect(world.letters()).toHaveLength(2)
})
