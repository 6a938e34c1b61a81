/** Streams on memory: append, replay, subscribe. */

import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import { memory } from '../../src/memory/memory.js'
import { airport } from './airport.js'

async function filled(count: number) {
  const bus = await createBus({ service: 'radar', transport: memory() })
  for (let x = 0; x < count; x++) await bus.append(airport.radar, { flight: 'KL1', x })
  return bus
}

test('S1 replay gives every record in order, up to now', async () => {
  await using bus = await filled(300)
  const seen: number[] = []
  for await (const { value, ctx } of bus.replay(airport.radar, { to: 'now' })) {
    expect(ctx.offset).toBe(value.x)
    expect(ctx.key).toBe('KL1')
    seen.push(value.x)
  }
  expect(seen).toEqual(Array.from({ length: 300 }, (_, x) => x))
})

test('replay from an offset and from a time', async () => {
  await using bus = await filled(5)
  const read = async (from: { offset: number } | { time: Date } | 'end') => {
    const seen: number[] = []
    for await (const { value } of bus.replay(airport.radar, { from, to: 'now' })) seen.push(value.x)
    return seen
  }
  expect(await read({ offset: 3 })).toEqual([3, 4])
  expect(await read({ time: new Date(0) })).toEqual([0, 1, 2, 3, 4])
  expect(await read('end')).toEqual([])
  // @ts-expect-error no such place
  expect(() => bus.replay(airport.radar, { from: 'middle' })).toThrow('from must be')
})

test('F56 replay goes on live without a gap; break ends the reader at the wire', async () => {
  await using bus = await filled(3)
  const seen: number[] = []
  const reading = bus.replay(airport.radar)
  for await (const { value } of reading) {
    seen.push(value.x)
    if (value.x === 2) for (let x = 3; x < 6; x++) void bus.append(airport.radar, { flight: 'KL1', x })
    if (value.x === 5) break
  }
  expect(seen).toEqual([0, 1, 2, 3, 4, 5])
  expect(() => reading[Symbol.asyncIterator]()).toThrow(TypeError)
  expect(await bus.inspect(airport.radar)).toMatchObject({ consumers: 0 })
})

test('a reader that was cancelled or whose bus was closed is told so', async () => {
  const bus = await filled(1)
  const stop = new AbortController()
  const read = async (signal?: AbortSignal) => {
    for await (const _ of bus.replay(airport.radar, signal === undefined ? {} : { signal }))
      if (signal) stop.abort('enough')
  }
  await expect(read(stop.signal)).rejects.toBe('enough')
  const reading = expect(read()).rejects.toMatchObject({ code: 'CLOSED' })
  await bus.inspect(airport.radar)
  await bus.close()
  await reading
})

test('S3 a group goes on where it committed; from says where a new one begins', async () => {
  await using bus = await filled(3)
  const seen: number[] = []
  const first = await bus.subscribe(airport.radar, ({ x }) => void seen.push(x), { from: 'start' })
  await bus.inspect(airport.radar)
  await first.close()
  await bus.append(airport.radar, { flight: 'KL1', x: 3 })
  await bus.subscribe(airport.radar, ({ x }) => void seen.push(x), { from: 'start' })
  await bus.inspect(airport.radar)
  expect(seen).toEqual([0, 1, 2, 3])
})
