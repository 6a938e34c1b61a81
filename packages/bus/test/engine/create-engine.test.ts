/** What all channels have in common: declaration, dedupe windows, management, the end. */

import { expect, test } from 'vitest'
import { type Body, EncodedBody } from '../../src/body.js'
import { createDedupeWindow, digestOf } from '../../src/engine/dedupe-window.js'
import { isBusError } from '../../src/errors.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { channelOf, createWorld } from './engine-world.js'

const queue = channelOf('queue')

const thrown = (act: () => unknown): unknown => {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

test('declaring a topic with another kind or path is a CONTRACT_MISMATCH', () => {
  const world = createWorld(queue)
  const mismatch = (act: () => unknown) => expect(isBusError(thrown(act), 'CONTRACT_MISMATCH')).toBe(true)
  mismatch(() => world.engine.declare(channelOf('stream')))
  mismatch(() => world.engine.declare({ ...queue, params: ['x'] }))
  mismatch(() => world.engine.publish({ channel: channelOf('stream'), message: world.message('m') }))
  const ask = { ...channelOf('request'), name: 'airport.ask' }
  mismatch(() => world.engine.publish({ channel: ask, message: world.message('m') }))
})

test('another fingerprint is noted, once, and a bounded number of times', () => {
  const world = createWorld(queue)
  for (const fingerprint of ['first', 'second', 'second', 'third'])
    world.engine.declare({ ...queue, fingerprint })
  expect(world.inspect().mismatches).toEqual(['second', 'third'])
  for (let other = 0; other < 100; other++) world.engine.declare({ ...queue, fingerprint: String(other) })
  expect(world.inspect().mismatches).toHaveLength(16)
})

test('the body of a tracked message is told that more than one delivery may read it', () => {
  for (const channel of [queue, channelOf('event', { tracked: true })]) {
    const world = createWorld(channel)
    world.worker(1)
    let retained = 0
    const body = { codec: 'json', size: 1, bytes: () => new Uint8Array(1), retain: () => void retained++ }
    void world.publish('a', { body })
    expect(retained).toBe(1)
  }
})

test('F9 a topic may be named like a property of objects', () => {
  const world = createWorld({ ...queue, name: '__proto__' })
  const worker = world.worker(1)
  void world.publish('constructor', { key: 'toString' })
  world.run()
  expect(worker.ids).toEqual(['constructor'])
})

test('managing an unknown topic is NOT_FOUND', () => {
  const world = createWorld(queue)
  const error = thrown(() => world.engine.manage({ ...queue, name: 'no.such' }, { op: 'inspect' }))
  expect(isBusError(error, 'NOT_FOUND')).toBe(true)
})

test('D1 F57 F59 the same id inside the window is stored once, whatever it carries', () => {
  const world = createWorld(channelOf('queue', { dedupeMs: 1_000 }))
  const worker = world.worker(9)
  expect(world.publish('a')).toEqual({ id: 'a', level: 'accepted' })
  expect(world.publish('a', { headers: { other: 'yes' } })).toEqual({
    id: 'a',
    level: 'accepted',
    duplicate: true,
  })
  world.run()
  worker.settleLast()
  expect(world.publish('a')).toMatchObject({ duplicate: true })
  world.run()
  expect(worker.claims).toHaveLength(1)
  expect(worker.last.message.headers).toEqual({})
  expect(world.inspect()).toMatchObject({ received: 1 })
})

test('F60 the same id after the window, and after a purge, is stored again', () => {
  const world = createWorld(channelOf('queue', { dedupeMs: 1_000 }))
  void world.publish('a')
  world.clock.advance(999)
  expect(world.publish('a')).toMatchObject({ duplicate: true })
  world.clock.advance(1)
  expect(world.publish('a')).not.toHaveProperty('duplicate')
  world.purge()
  expect(world.publish('a')).not.toHaveProperty('duplicate')
})

test('an id that was refused may be sent again', () => {
  const world = createWorld(channelOf('queue', { dedupeMs: 1_000 }), { queueMessages: 1 })
  void world.publish('a')
  expect(() => world.publish('b')).toThrow('QUEUE_FULL')
  const worker = world.worker(1)
  world.run()
  worker.settleLast()
  expect(world.publish('b')).not.toHaveProperty('duplicate')
})

test('D1 a duplicate of a stream record is receipted with the first offset', () => {
  const world = createWorld(channelOf('stream', { dedupeMs: 1_000 }))
  void world.publish('a')
  const first = world.publish('b')
  expect(world.publish('b')).toEqual({ ...first, duplicate: true })
  expect(world.publish('c')).toMatchObject({ offset: 2 })
})

test('F61 a window holds at most its cap; the oldest ids are forgotten first and counted', () => {
  const window = createDedupeWindow(new ManualClock(), 1_000, 100)
  const body = new EncodedBody('json', new Uint8Array(0))
  for (let id = 0; id < 1_000; id++) window.add(String(id), digestOf(body), { offset: id })
  expect(window.size).toBe(100)
  expect(window.evicted).toBe(900)
  expect(window.find('899', body)).toBeUndefined()
  expect(window.find('900', body)).toMatchObject({ offset: 900 })
})

test('F59 a duplicate with another payload is counted as a conflict, one with the same is not', () => {
  const world = createWorld(channelOf('queue', { dedupeMs: 1_000 }))
  const body = (text: string): Body => new EncodedBody('json', new TextEncoder().encode(text))
  void world.publish('a', { body: body('"one"') })
  void world.publish('a', { body: body('"one"') })
  expect(world.inspect()).toMatchObject({ received: 1, dedupeConflicts: 0, dedupeEvicted: 0 })
  expect(world.publish('a', { body: body('"two"') })).toMatchObject({ duplicate: true })
  expect(world.publish('a', { body: body('"one" ') })).toMatchObject({ duplicate: true })
  expect(world.inspect()).toMatchObject({ received: 1, dedupeConflicts: 2 })
})

test('close ends every consumer with CLOSED, cancels timers, and later calls throw CLOSED', async () => {
  for (const channel of [
    channelOf('queue', { ttlMs: 1_000 }),
    channelOf('event', { tracked: false }),
    channelOf('event', { tracked: true }),
  ]) {
    const world = createWorld(channel)
    const worker = world.worker(1)
    const stopped = world.worker(1)
    stopped.consumer.stop()
    for (const id of ['a', 'b', 'c']) void world.publish(id, {}, { delayMs: id === 'c' ? 10 : 0 })
    world.run()
    world.engine.close()
    world.engine.close()
    expect(worker.ends).toEqual(['CLOSED'])
    expect(stopped.ends).toEqual([])
    expect(world.clock.timers).toBe(0)
    expect(worker.consumer.settle(worker.last.token, { kind: 'done' })).toBe(false)
    worker.consumer.credit(5)
    worker.consumer.leave({ failed: true })
    world.run()
    expect(worker.claims).toHaveLength(1)
    for (const act of [
      () => world.publish('late'),
      () => world.engine.declare(channel),
      () => world.worker(1),
      () => world.inspect(),
    ])
      expect(isBusError(thrown(act), 'CLOSED')).toBe(true)
  }
})

test('close refuses publishes that wait for room', async () => {
  const world = createWorld(channelOf('event', { tracked: false }))
  world.worker(0, { buffer: { messages: 1, overflow: 'block' } })
  void world.publish('a')
  const waiting = world.publish('b')
  world.engine.close()
  await expect(waiting).rejects.toMatchObject({ code: 'CLOSED', outcome: 'rejected' })
})
