/** What the upkeep of a durable channel must not change, and what it must let go of. */

import { expect, it } from 'vitest'
import { EncodedBody } from '../../src/body.js'
import { createEngine } from '../../src/engine/create-engine.js'
import { BusError } from '../../src/errors.js'
import { done } from '../../src/outcome.js'
import { createDurableWorld } from './durable-world.js'
import { reject, Worker } from './engine-world.js'

const bodyOf = (text: string) => new EncodedBody('json', new TextEncoder().encode(JSON.stringify(text)))
const textOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

it('Q5 E3 keeps a mended copy of one group apart from the original of another when both are moved', async () => {
  const world = createDurableWorld({ kind: 'event', segmentLines: 50 })
  world.worker(10, { group: 'one' }).consumer.leave({ failed: false })
  const two = world.worker(10, { group: 'two' })
  world.publish('a')
  await world.settle()
  two.settleLast(reject)
  await world.settle()
  two.consumer.leave({ failed: false })
  world.engine.manage(world.channel, { op: 'dead.redrive', body: bodyOf('mended') })
  await world.settle()
  for (let n = 0; n < 60; n++) world.publish(`fill-${n}`)
  await world.settle()
  world.store.compact(world.channel.name)
  await world.settle()
  expect(world.balance()).toBe(0)
  for (const restarted of [false, true]) {
    if (restarted) world.restart({ lose: true })
    const [one, back] = [world.worker(1, { group: 'one' }), world.worker(100, { group: 'two' })]
    await world.settle()
    const copy = back.claims.find(({ message }) => message.id === 'a')
    expect(textOf(one.claims[0]?.message.body.bytes() ?? new Uint8Array())).toBe('a')
    expect(textOf(copy?.message.body.bytes() ?? new Uint8Array())).toBe('mended')
    one.consumer.leave({ failed: false })
    back.consumer.leave({ failed: false })
  }
})

it('D1 lets go of files when the window is over, though nobody publishes', async () => {
  for (const kind of ['queue', 'stream'] as const) {
    const world = createDurableWorld({
      kind,
      segmentLines: 20,
      guarantees: { dedupeMs: 1_000, keepCount: 1 },
    })
    const worker = world.worker(100, { start: 'start' })
    for (let n = 0; n < 60; n++) world.publish(`m-${n}`)
    await world.settle()
    for (const { token } of worker.claims) worker.consumer.settle(token, done)
    await world.settle()
    const before = world.store.linesOf(world.channel.name)
    world.clock.advance(1_200)
    await world.settle()
    expect(world.store.linesOf(world.channel.name), kind).toBeLessThan(before - 40)
    world.engine.close()
    expect(world.clock.timers, kind).toBe(0)
  }
})

it('F39 goes on as soon as files can be opened again, and leaves nothing out', async () => {
  const world = createDurableWorld()
  for (let n = 0; n < 16_500; n++) world.publish(`m-${n}`)
  await world.settle()
  world.store.unreadable = new BusError('LIMIT_EXCEEDED', 'Too many open files.')
  const worker = world.worker(20_000)
  await world.settle()
  for (const { token } of [...worker.claims]) worker.consumer.settle(token, done)
  await world.settle()
  expect(worker.claims).toHaveLength(16_384)
  world.store.unreadable = undefined
  world.clock.advance(100)
  await world.settle()
  expect(worker.ids).toEqual(Array.from({ length: 16_500 }, (_, n) => `m-${n}`))
  world.engine.close()
  expect(world.clock.timers).toBe(0)
})

it('Q1 tries a new declaration again that the store could not take up', async () => {
  const world = createDurableWorld()
  world.publish('a')
  await world.settle()
  const store = world.store.crash({ keepWritten: true })
  const tasks: (() => void)[] = []
  const { clock, channel } = world
  const engine = createEngine({ clock, random: () => 0.5, defer: (fn) => void tasks.push(fn), store })
  const { open } = store
  store.open = () => {
    throw new BusError('LIMIT_EXCEEDED', 'Too many open files.')
  }
  const next = { ...channel, fingerprint: 'second' }
  for (const again of [next, next, channel]) expect(() => engine.declare(again)).toThrow('LIMIT_EXCEEDED')
  store.open = open
  const worker = new Worker()
  const consumed = { channel: next, pattern: channel.name, group: 'g', concurrency: 1, onGap() {} }
  worker.consumer = engine.consume(consumed, worker)
  worker.consumer.credit(1)
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
  expect(worker.ids).toEqual(['a'])
})
