/** How a bus ends, and what it refuses afterwards. */

import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import { BusError } from '../../src/errors.js'
import { memory } from '../../src/memory/memory.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { airport } from './airport.js'

const bag = { tag: 't1', flight: 'KL1', kg: 3 }

test('F88 every verb rejects with CLOSED after close, outcome rejected', async () => {
  const bus = await createBus({ service: 'tower', transport: memory() })
  await bus.close()
  expect(bus.status.state).toBe('closed')
  const closed = { code: 'CLOSED', outcome: 'rejected' }
  const nothing = (): undefined => undefined
  await expect(bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })).rejects.toMatchObject(closed)
  await expect(bus.send(airport.moveBag, bag)).rejects.toMatchObject(closed)
  await expect(bus.append(airport.radar, { flight: 'KL1', x: 1 })).rejects.toMatchObject(closed)
  await expect(bus.subscribe(airport.landed, nothing)).rejects.toMatchObject(closed)
  await expect(bus.work(airport.moveBag, nothing)).rejects.toMatchObject(closed)
  await expect(bus.reply(airport.assignGate, () => ({ gate: 'A' }))).rejects.toMatchObject(closed)
  await expect(bus.request(airport.assignGate, { flight: 'KL1' })).rejects.toMatchObject(closed)
  await expect(bus.dial(airport.hotline)).rejects.toMatchObject(closed)
  await expect(bus.accept(airport.hotline, nothing)).rejects.toMatchObject(closed)
  await expect(bus.inspect(airport.landed)).rejects.toMatchObject(closed)
  await expect(bus.declare(airport)).rejects.toMatchObject(closed)
  await expect(bus.deadLetters(airport.moveBag).list()).rejects.toMatchObject(closed)
  expect(() => bus.replay(airport.radar)).toThrow(expect.objectContaining(closed))
  const streamed = bus.request(airport.departures, { count: 1 })[Symbol.asyncIterator]()
  await expect(streamed.next()).rejects.toMatchObject(closed)
})

test('F88 a message whose topic could not be declared any more is rejected, in the words of the wire', async () => {
  const wire = memory()
  const bus = await createBus({
    service: 'tower',
    transport: async (host) => ({
      ...(await wire(host)),
      declare: () => Promise.reject(new BusError('CLOSED', 'The wire was cut off.')),
    }),
  })
  const failing = bus.send(airport.moveBag, bag)
  await expect(failing).rejects.toMatchObject({ code: 'CLOSED', outcome: 'rejected' })
  const said = new BusError('CLOSED', 'The wire was cut off.').message
  await expect(failing).rejects.toThrow(new RegExp(`^${said}$`))
  await bus.close()
})

test('F87 close lets a running handler finish what it does, sending included', async () => {
  const wire = memory()
  const bus = await createBus({ service: 'baggage', transport: wire })
  const other = await createBus({ service: 'other', transport: wire })
  let finish: () => void = () => undefined
  const begun = new Promise<void>((resolve) => {
    void bus.work(airport.moveBag, async () => {
      const waited = new Promise<void>((go) => {
        finish = go
      })
      resolve()
      await waited
      await bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })
    })
  })
  await other.send(airport.moveBag, bag)
  await begun
  await other.send(airport.moveBag, { ...bag, tag: 't2' })
  const closing = bus.close()
  await expect(bus.work(airport.moveBag, () => undefined)).rejects.toMatchObject({ code: 'CLOSED' })
  finish()
  await closing
  expect(await other.inspect(airport.moveBag)).toMatchObject({ done: 1, ready: 1, leased: 0 })
  await other.close()
})

test('F87 when the drain time is over the signals abort and the message goes back', async () => {
  const clock = new ManualClock()
  const wire = memory()
  const bus = await createBus({ service: 'baggage', transport: wire, clock, drainTimeoutMs: 500 })
  const other = await createBus({ service: 'other', transport: wire, clock })
  let reason: unknown
  await bus.work(airport.moveBag, (_, ctx) => {
    const { signal } = ctx
    signal.addEventListener('abort', () => {
      reason = signal.reason
    })
    return new Promise(() => undefined)
  })
  await other.send(airport.moveBag, bag)
  await clock.pass(0)
  const closing = bus.close()
  await clock.pass(499)
  expect(reason).toBeUndefined()
  await clock.pass(1)
  await closing
  expect(reason).toMatchObject({ code: 'CLOSED' })
  const { ready, delayed } = await other.inspect(airport.moveBag)
  expect(ready + delayed).toBe(1)
  await other.close()
})

test('F86 close twice is one closing, and disposing is closing', async () => {
  const bus = await createBus({ service: 'tower', transport: memory() })
  const states: unknown[] = []
  bus.status.on('state', (state) => states.push(state))
  const first = bus.close()
  expect(bus.close()).toBe(first)
  await first
  await bus[Symbol.asyncDispose]()
  expect(states).toEqual(['closed'])
})

test('F86 a subscription that is being made when the bus closes is refused', async () => {
  const bus = await createBus({ service: 'tower', transport: memory() })
  const subscribing = expect(bus.subscribe(airport.landed, () => undefined)).rejects.toMatchObject({
    code: 'CLOSED',
  })
  const publishing = expect(bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })).rejects.toMatchObject({
    code: 'CLOSED',
    outcome: 'rejected',
  })
  await bus.close()
  await subscribing
  await publishing
})

test('a subscription ends by close or by its signal, and says so', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const seen: string[] = []
  const stop = new AbortController()
  const one = await bus.subscribe(airport.landed, ({ flight }) => void seen.push(flight), {
    signal: stop.signal,
  })
  await bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })
  await bus.inspect(airport.landed)
  stop.abort()
  expect(await one.ended).toBeUndefined()
  await bus.publish(airport.landed, { flight: 'KL2', gate: 'A' })
  await bus.inspect(airport.landed)
  expect(seen).toEqual(['KL1'])
  expect(one.close()).toBe(one.close())
  await expect(
    bus.subscribe(airport.landed, () => undefined, { signal: AbortSignal.abort('no') }),
  ).rejects.toBe('no')
})
