/** What sinks and whole lanes do to the engine from inside: publish, leave and end while it is handing out. */

import { expect, test } from 'vitest'
import { BusError } from '../../src/errors.js'
import { channelOf, createWorld, reject } from './engine-world.js'

const plain = channelOf('event')
const messages = 20_000

test('E4 a whole lane of one key expires at once without a stack as deep as the lane', () => {
  const world = createWorld(channelOf('queue', { ordered: true, ttlMs: 1_000 }))
  for (let n = 0; n < messages; n++) void world.publish(`${n}`, { key: 'one' })
  world.clock.advance(1_000)
  expect(world.inspect()).toMatchObject({ expired: messages, ready: 0, leased: 0 })
})

test('E4 a lane that is late behind its head ends when the head does', () => {
  const world = createWorld(channelOf('queue', { ordered: true, ttlMs: 1_000, leaseMs: 5_000 }))
  for (let n = 0; n < messages; n++) void world.publish(`${n}`, { key: 'one' })
  const worker = world.worker(1)
  world.run()
  // The timers are late, as they are when the process was busy.
  const { clock } = world
  const behind = clock.monotonic() + 2_000
  clock.monotonic = () => behind
  expect(worker.settleLast()).toBe(true)
  expect(world.inspect()).toMatchObject({ done: 1, expired: messages - 1, ready: 0 })
})

for (const overflow of ['drop-oldest', 'block', 'disconnect'] as const) {
  test(`E4 what a sink publishes while an overflow (${overflow}) is handed out stands behind what overflowed`, () => {
    const world = createWorld(plain)
    const worker = world.worker(9, { buffer: { messages: 2, overflow } })
    worker.onDeliver = ({ message }) => {
      if (message.id === 'first') void world.publish('caused by first')
    }
    for (const id of ['first', 'second', 'third']) void world.publish(id)
    world.run()
    expect(worker.ids).toEqual(['first', 'second', 'third', 'caused by first'])
    expect(world.inspect()).toMatchObject({ received: 4, done: 4, dropped: 0 })
  })
}

test('E2 a sink that cannot take more loses the oldest, and what disconnects loses all, once counted', async () => {
  const world = createWorld(plain)
  const slow = world.worker(0, { group: 'slow', buffer: { messages: 2, overflow: 'disconnect' } })
  for (const id of ['a', 'b', 'c']) await world.publish(id)
  expect(slow.ends).toEqual(['SLOW_CONSUMER'])
  expect(world.inspect()).toMatchObject({ received: 3, dropped: 3, ready: 0, consumers: 0 })
})

test('a publish that waits for room is refused when the engine closes, also if the sink leaves when it hears that', async () => {
  const world = createWorld(plain)
  const worker = world.worker(0, { buffer: { messages: 1, overflow: 'block' } })
  await world.publish('a')
  const waiting = Promise.resolve(world.publish('b'))
  const { ended } = worker
  worker.ended = (reason) => {
    ended.call(worker, reason)
    worker.consumer.leave({ failed: false })
  }
  world.engine.close()
  await expect(waiting).rejects.toBeInstanceOf(BusError)
  expect(worker.ends).toEqual(['CLOSED'])
})

test('Q1 a group that left while its neighbour was handed an overflow gets nothing and counts nothing', async () => {
  const world = createWorld(plain)
  const first = world.worker(9, { group: 'first', buffer: { messages: 1, overflow: 'drop-oldest' } })
  const second = world.worker(9, { group: 'second' })
  first.onDeliver = () => second.consumer.leave({ failed: false })
  await world.publish('a')
  await world.publish('b')
  world.run()
  const { received, ready, done, dropped } = world.inspect()
  expect(received).toBe(ready + done + dropped)
})

test('S1 a full stream whose oldest records are over their age takes the next one', async () => {
  const world = createWorld(channelOf('stream', { keepMs: 100 }), { queueBytes: 20 })
  for (const id of ['a', 'b']) await world.publish(id)
  const { clock } = world
  const later = clock.monotonic() + 500
  clock.monotonic = () => later
  await world.publish('c')
  expect(world.inspect()).toMatchObject({ first: 2, next: 3 })
})

test('Q1 what a reader has read ahead is counted as received', async () => {
  const world = createWorld(channelOf('stream'))
  const reader = world.worker(1, { group: undefined, start: 'start' })
  for (const id of ['a', 'b', 'c']) await world.publish(id)
  world.run()
  expect(world.inspect()).toMatchObject({ received: 3, ready: 2, leased: 1 })
  reader.settleLast()
  expect(world.inspect()).toMatchObject({ received: 3, ready: 2, leased: 0, done: 1 })
  reader.consumer.leave({ failed: false })
  expect(world.inspect()).toMatchObject({ received: 1, ready: 0, leased: 0, done: 1, dropped: 0 })
})

test('Q5 a purge while nobody is there leaves the dead letters a way back', async () => {
  const world = createWorld(channelOf('event', { tracked: true }))
  const worker = world.worker(1)
  await world.publish('a')
  world.run()
  worker.settleLast(reject)
  worker.consumer.leave({ failed: false })
  expect(world.inspect()).toMatchObject({ dead: 1 })
  world.purge()
  const again = world.worker(1)
  expect(world.redrive()).toBe(1)
  world.run()
  expect(again.ids).toEqual(['a'])
})
