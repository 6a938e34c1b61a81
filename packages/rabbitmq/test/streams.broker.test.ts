/** Streams on a real server: where they end, foreign programs beside us, segments that go, members that die. */

import { type Bus, contract, createBus, stream } from 'busbar'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { rabbitmq } from '../src/index.js'
import { bare, busOn, collector, server } from './world.js'

const Plane = z.object({ x: z.number(), pad: z.string().optional() })
const airport = contract('airport', {
  radar: stream(Plane, { durable: true }),
  tracks: stream(Plane, { key: ({ x }) => String(x % 3), retry: { attempts: 1 } }),
})

/** What there is now. */
async function readAll(bus: Bus, from: 'start' | { offset: number } = 'start', onGap = (_: object) => {}) {
  const read: { x: number; offset: number; id: string }[] = []
  for await (const { value, ctx } of bus.replay(airport.radar, { from, to: 'now', onGap })) {
    read.push({ x: value.x, offset: ctx.offset, id: ctx.id })
  }
  return read
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const xs = (records: readonly { x: number }[]): number[] => records.map(({ x }) => x)

describeBroker('rabbitmq', 'streams', () => {
  it('S1 whoever reads until now gets every record whose receipt was given before, at once', async () => {
    const { url } = await server()
    const [writer, reader] = [await busOn({ url, prefix: 'now.' }), await busOn({ url, prefix: 'now.' })]
    expect(await readAll(reader)).toEqual([])
    for (const n of upTo(40)) {
      await writer.append(airport.radar, { x: n })
      expect(xs(await readAll(reader))).toEqual(upTo(n + 1))
    }
  })

  it('S1 a reader until now does not take a stream for empty that has records, however late they come', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'late.' }), await bare(url)]
    await bus.declare(airport)
    // As if they were there and the broker had not handed them out yet.
    const mark = { exchange: 'late.airport.radar:begun', durable: true, autoDelete: true, type: 'direct' }
    await amqp.exchangeDeclare(mark)
    await amqp.queueBind({ exchange: mark.exchange, queue: 'late.airport.radar', routingKey: '' })
    let isOver = false
    const reading = readAll(bus).finally(() => {
      isOver = true
    })
    // Three times as long as it takes where there is nothing.
    for (const _ of upTo(3)) {
      for await (const { value } of bus.replay(airport.tracks, { from: 'start', to: 'now' }))
        expect(value).toBe('')
    }
    expect(isOver).toBe(false)
    await amqp.basicPublish({ routingKey: 'late.airport.radar', durable: true }, Buffer.from('{"x":7}'))
    expect(xs(await reading)).toEqual([7])
  })

  it('S1 reading until now and beginning at the end leave nothing in the stream', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'clean.' }), await bare(url)]
    await readAll(bus)
    await bus.subscribe(airport.radar, () => {})
    const { id } = await bus.append(airport.radar, { x: 1 })
    await readAll(bus)
    await bus.append(airport.radar, { x: 2 })
    const seen = collector<{ offset: unknown; type: unknown; body: unknown; id: unknown }>()
    await amqp.basicQos({ prefetchCount: 10 })
    const queue = 'clean.airport.radar'
    await amqp.basicConsume({ queue, arguments: { 'x-stream-offset': 'first' } }, (message) => {
      const { headers = {}, messageId, body } = message
      const [offset, type] = [headers['x-stream-offset'], headers['cloudEvents:type']]
      seen.add({ offset, type, body: JSON.parse(String(body)), id: messageId })
    })
    const [first, second] = await seen.until(({ length }) => length === 2)
    expect(first).toEqual({ offset: 0, type: 'airport.radar', body: { x: 1 }, id })
    expect(second).toMatchObject({ offset: 1, body: { x: 2 } })
  })

  it('S1 what foreign programs append is read, under one id at each reading', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'foreign.' }), await bare(url)]
    await bus.declare(airport)
    await amqp.confirmSelect()
    for (const x of upTo(3)) {
      await amqp.basicPublish(
        { exchange: 'foreign.airport.radar', routingKey: 'airport.radar', durable: true },
        Buffer.from(JSON.stringify({ x })),
      )
    }
    const read = await readAll(bus)
    expect(xs(read)).toEqual([0, 1, 2])
    expect(await readAll(bus)).toEqual(read)
  })

  it('S1 a stream that was removed and made again is empty to who reads until now', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'again.' }), await bare(url)]
    await bus.append(airport.radar, { x: 1 })
    expect(xs(await readAll(bus))).toEqual([1])
    await amqp.queueDelete('again.airport.radar')
    const other = await busOn({ url, prefix: 'again.' })
    expect(await readAll(other)).toEqual([])
    await other.append(airport.radar, { x: 2 })
    expect(xs(await readAll(other))).toEqual([2])
  })

  it('S1 over many segments every record comes once and in order, and nothing is said to be missing', async () => {
    const { url } = await server()
    const amqp = await bare(url)
    const segments = { 'x-queue-type': 'stream', 'x-stream-max-segment-size-bytes': 4_000 } as const
    await amqp.queueDeclare({ queue: 'rolled.airport.radar', durable: true, arguments: segments })
    const options = { url, prefix: 'rolled.', provision: 'off' } as const
    const [bus, gaps] = [await busOn(options), collector<unknown>()]
    for (const x of upTo(100)) await bus.append(airport.radar, { x, pad: '.'.repeat(500) })
    const read = await readAll(bus, 'start', gaps.add)
    expect(xs(read)).toEqual(upTo(100))
    const offsets = read.map(({ offset }) => offset)
    expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b))
    // The broker has used some for itself.
    expect(offsets.at(-1)).toBeGreaterThan(99)
    expect(gaps.values).toEqual([])
  })

  it('S1 a reader from an offset that an operator had removed is told what is missing', async () => {
    const { url } = await server()
    const amqp = await bare(url)
    const limits = { 'x-stream-max-segment-size-bytes': 4_000, 'x-max-length-bytes': 16_000 }
    await amqp.queueDeclare({
      ...{ queue: 'kept.airport.radar', durable: true },
      arguments: { 'x-queue-type': 'stream', ...limits },
    })
    const [bus, gaps] = [await busOn({ url, prefix: 'kept.', provision: 'off' }), collector<unknown>()]
    for (const x of upTo(100)) await bus.append(airport.radar, { x, pad: '.'.repeat(500) })
    expect((await readAll(bus, 'start', gaps.add)).length).toBeLessThan(50)
    expect(gaps.values).toEqual([])
    const [first = { offset: 0 }] = await readAll(bus, { offset: 1 }, gaps.add)
    expect(first.offset).toBeGreaterThan(50)
    expect(gaps.values).toMatchObject([{ count: first.offset - 1, from: 1, to: first.offset - 1 }])
  })

  it('S1 a reader that stands still holds back the stream, and misses nothing afterwards', async () => {
    const { url } = await server()
    const [writer, reader] = [await busOn({ url, prefix: 'slow.' }), await busOn({ url, prefix: 'slow.' })]
    const seen = collector<number>()
    let go: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    await reader.subscribe(airport.radar, async ({ x }) => {
      await gate
      seen.add(x)
    })
    for (const n of upTo(20)) {
      await Promise.all(upTo(100).map((x) => writer.append(airport.radar, { x: n * 100 + x })))
    }
    go()
    expect(await seen.until(({ length }) => length === 2_000)).toEqual(upTo(2_000))
  })

  it('S3 a new group misses nothing that was appended after it had subscribed, though its only member died', async () => {
    const { url } = await server()
    const [writer, board] = [await busOn({ url, prefix: 'dead.' }), await memberOf(url, 'dead.')]
    await writer.append(airport.radar, { x: 0 })
    await board.subscribe(airport.radar, () => {})
    await board.close()
    await writer.append(airport.radar, { x: 1 })
    const seen = collector<number>()
    const heir = await memberOf(url, 'dead.')
    await heir.subscribe(airport.radar, ({ x }) => seen.add(x))
    expect(await seen.until(({ length }) => length > 0)).toEqual([1])
  })

  it('F51 connections of members are closed by force: the group goes on, misses nothing and keeps each key in order', async () => {
    const broker = await server()
    const options = { url: broker.url, prefix: 'forced.' }
    const writer = await busOn(options)
    const [seen, firsts] = [collector<number>(), new Set<number>()]
    for (const _ of upTo(3)) {
      const member = await memberOf(broker.url, options.prefix)
      const handle = ({ x }: { x: number }): void => {
        firsts.add(x)
        seen.add(x)
      }
      await member.subscribe(airport.tracks, handle, { from: 'start', concurrency: 4 })
    }
    let isOver = false
    const writing = (async () => {
      let x = 0
      for (; !isOver; x += 1) await writer.append(airport.tracks, { x })
      return x
    })()
    for (const round of [1, 2, 3]) {
      const before = firsts.size
      await seen.until(() => firsts.size > before)
      await broker.exec('rabbitmqctl', ['close_all_connections', `round ${round}`])
    }
    isOver = true
    const total = await writing
    await seen.until(() => firsts.size === total)
    for (const key of [0, 1, 2]) {
      expect([...firsts].filter((x) => x % 3 === key)).toEqual(upTo(total).filter((x) => x % 3 === key))
    }
  })

  it('a rejected record is a dead letter of its group, which goes on; redriven it is appended again', async () => {
    const { url } = await server()
    const bus = await busOn({ url, prefix: 'dead-letters.' }, 'board')
    const seen = collector<number>()
    await bus.subscribe(airport.tracks, ({ x }, ctx) => {
      seen.add(x)
      return x === 1 && seen.values.length === 2 ? ctx.reject('no such plane') : undefined
    })
    for (const x of upTo(3)) await bus.append(airport.tracks, { x })
    await seen.until(({ length }) => length === 3)
    const { letters } = await bus.deadLetters(airport.tracks).list()
    expect(letters).toMatchObject([{ reason: 'rejected', group: 'board', payload: { x: 1 } }])
    await bus.deadLetters(airport.tracks).redrive()
    expect(await seen.until(({ length }) => length === 4)).toEqual([0, 1, 2, 1])
  })
})

/** A member of the group `board` that is closed without its goodbye when the test is over. */
async function memberOf(url: string, prefix: string): Promise<Bus> {
  const bus = await createBus({ service: 'board', transport: rabbitmq({ url, prefix }), drainTimeoutMs: 0 })
  onTestFinished(() => bus.close())
  return bus
}
