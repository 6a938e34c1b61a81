/** What a handler is told, and what its own sends carry on. */

import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import type { Context } from '../../src/context.js'
import { memory } from '../../src/memory/memory.js'
import { createTestBus } from '../../src/testing/test-bus.js'
import { airport } from './airport.js'

const bag = { tag: 't1', flight: 'KL1', kg: 3 }

test('facts of the message: path, headers, source, time, key', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  let seen: Context<'airline' | 'flight'> | undefined
  await bus.subscribe(airport.taxiing, (_, ctx) => {
    seen = ctx
  })
  const { id } = await bus.publish(
    airport.taxiing,
    { to: 'A1' },
    { params: { airline: 'K.L', flight: '2 3' }, headers: { lane: 'b' }, key: 'k' },
  )
  await bus.inspect(airport.taxiing)
  expect(seen).toMatchObject({
    id,
    topic: 'airport.taxiing',
    params: { airline: 'K.L', flight: '2 3' },
    headers: { lane: 'b', source: 'tower' },
    key: 'k',
    source: 'tower',
    attempt: 1,
    correlationId: id,
  })
})

test('where filters by path', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const seen: string[] = []
  await bus.subscribe(airport.taxiing, (_, ctx) => void seen.push(ctx.params.flight), {
    where: { airline: 'KL' },
  })
  for (const airline of ['KL', 'LH'])
    await bus.publish(airport.taxiing, { to: 'A' }, { params: { airline, flight: airline } })
  await bus.inspect(airport.taxiing)
  expect(seen).toEqual(['KL'])
  // @ts-expect-error there is no such parameter
  const unknown = bus.subscribe(airport.taxiing, () => undefined, { where: { gate: 'A' } })
  await expect(unknown).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  // @ts-expect-error a parameter is missing
  const missing = bus.publish(airport.taxiing, { to: 'A' }, { params: { airline: 'KL' } })
  await expect(missing).rejects.toMatchObject({ code: 'INVALID_TOPIC' })
})

test('cause, correlation and trace go on through every verb of the context', async () => {
  await using bus = await createTestBus({ service: 'tower' })
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' }
  const causes: unknown[] = []
  const note = ({ id, headers }: { id: string; headers: Readonly<Record<string, string>> }) => {
    causes.push({ id, ...headers })
  }
  await bus.subscribe(airport.landed, async (_, ctx) => {
    const { send, append, request } = ctx
    await send(airport.moveBag, bag, { headers: { own: 'x' } })
    await append(airport.radar, { flight: 'KL1', x: 1 })
    await request(airport.assignGate, { flight: 'KL1' })
  })
  await bus.work(airport.moveBag, async (_, ctx) => {
    note(ctx)
    await ctx.publish(airport.boarding, { gate: 'A' })
  })
  await bus.reply(airport.assignGate, (_, ctx) => {
    note(ctx)
    return { gate: 'A' }
  })
  await bus.subscribe(airport.radar, (_, ctx) => note(ctx), { from: 'start' })
  await bus.subscribe(airport.boarding, (_, ctx) => note(ctx))
  const { id } = await bus.publish(airport.landed, { flight: 'KL1', gate: 'A' }, { headers: trace })
  await bus.settled()
  expect(causes).toHaveLength(4)
  for (const cause of causes) expect(cause).toMatchObject({ correlationid: id, source: 'tower', ...trace })
  const direct = causes.filter((cause) => (cause as { causationid: string }).causationid === id)
  expect(direct).toHaveLength(3)
})

test.each([
  ['a line break', { note: 'a\r\nx-admin: 1' }, 'INVALID_OPTION'],
  ['a zero byte', { note: '\u0000' }, 'INVALID_OPTION'],
  ['a bad name', { 'No Te': 'x' }, 'INVALID_OPTION'],
  ['no string', { note: 3 as unknown as string }, 'INVALID_OPTION'],
  ['too many', Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`h${n}`, 'x'])), 'TOO_LARGE'],
  ['too much', { note: 'x'.repeat(16_400) }, 'TOO_LARGE'],
])('F16 headers with %s are refused', async (_, headers, code) => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const value = { flight: 'KL1', gate: 'A' }
  await expect(bus.publish(airport.landed, value, { headers })).rejects.toMatchObject({
    code,
    outcome: 'rejected',
  })
  await expect(bus.request(airport.assignGate, { flight: 'KL1' }, { headers })).rejects.toMatchObject({
    code,
  })
})
