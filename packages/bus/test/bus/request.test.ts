/** Asking and answering on memory. */

import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import type { Trouble } from '../../src/bus.js'
import { isFailure } from '../../src/failure.js'
import { memory } from '../../src/memory/memory.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { airport } from './airport.js'

const open = () => createBus({ service: 'tower', transport: memory() })

test('request gets the reply, validated on both sides', async () => {
  await using bus = await open()
  await bus.reply(airport.assignGate, ({ flight }) => ({ gate: `${flight}-gate`, more: 1 }))
  expect(await bus.request(airport.assignGate, { flight: 'KL1' })).toEqual({ gate: 'KL1-gate' })
})

test('R1 nobody serves: NO_RESPONDER, and nothing was sent', async () => {
  await using bus = await open()
  await expect(bus.request(airport.assignGate, { flight: 'KL1' })).rejects.toMatchObject({
    code: 'NO_RESPONDER',
    outcome: 'rejected',
  })
})

test('a declared error arrives with name and typed data', async () => {
  await using bus = await open()
  await bus.reply(airport.assignGate, (_, ctx) => ctx.fail('NoGateFree', { waitMs: 5 }))
  const error: unknown = await bus
    .request(airport.assignGate, { flight: 'KL1' })
    .catch((caught: unknown) => caught)
  if (!isFailure(error, airport.assignGate, 'NoGateFree')) throw error
  expect(error.details.data.waitMs).toBe(5)
})

test('an undeclared throw is a REMOTE_ERROR with its message only', async () => {
  await using bus = await open()
  const troubles: Trouble[] = []
  bus.status.on('trouble', (trouble) => troubles.push(trouble))
  await bus.reply(airport.assignGate, () => {
    throw new Error('no power')
  })
  await expect(bus.request(airport.assignGate, { flight: 'KL1' })).rejects.toMatchObject({
    code: 'REMOTE_ERROR',
    message: expect.stringContaining('no power'),
    details: { topic: 'airport.assignGate', remote: true },
  })
  expect(troubles).toMatchObject([{ code: 'HANDLER_FAILED', topic: 'airport.assignGate' }])
})

test('F71 a reply that its schema refuses is told to both sides at once', async () => {
  await using bus = await open()
  const troubles: Trouble[] = []
  bus.status.on('trouble', (trouble) => troubles.push(trouble))
  // @ts-expect-error the gate is no number
  await bus.reply(airport.assignGate, () => ({ gate: 7 }))
  await expect(bus.request(airport.assignGate, { flight: 'KL1' })).rejects.toMatchObject({
    code: 'SCHEMA_INVALID',
    details: { remote: true },
  })
  expect(troubles).toMatchObject([{ code: 'SCHEMA_INVALID', topic: 'airport.assignGate' }])
})

test('R1 TIMEOUT at the deadline, and the replier hears it', async () => {
  const clock = new ManualClock()
  await using bus = await createBus({ service: 'tower', transport: memory(), clock })
  let reason: unknown
  let stop: () => void = () => undefined
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  const asked = new Promise<void>((begun) => {
    void bus.reply(airport.assignGate, async (_, ctx) => {
      expect(ctx.remainingMs).toBe(1_000)
      ctx.signal.addEventListener('abort', () => {
        reason = ctx.signal.reason
        stop()
      })
      begun()
      await stopped
      return { gate: 'late' }
    })
  })
  await bus.declare(airport)
  const answer = bus.request(airport.assignGate, { flight: 'KL1' })
  const expected = expect(answer).rejects.toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
  await asked
  await clock.pass(999)
  expect(reason).toBeUndefined()
  await clock.pass(1)
  await expected
  await stopped
  expect(reason).toMatchObject({ code: 'TIMEOUT' })
})

test('R1 cancelling reaches the replier; a signal that is aborted already has no side effect', async () => {
  await using bus = await open()
  let runs = 0
  let cancelled: unknown
  const asked = new Promise<void>((begun) => {
    void bus.reply(airport.assignGate, (_, ctx) => {
      runs += 1
      begun()
      return new Promise((_, fail) => {
        ctx.signal.addEventListener('abort', () => {
          cancelled = ctx.signal.reason
          fail(new Error('stopped'))
        })
      })
    })
  })
  await bus.declare(airport)
  await expect(
    bus.request(airport.assignGate, { flight: 'KL1' }, { signal: AbortSignal.abort('tired') }),
  ).rejects.toBe('tired')
  const giveUp = new AbortController()
  const answer = bus.request(airport.assignGate, { flight: 'KL1' }, { signal: giveUp.signal })
  await asked
  giveUp.abort()
  await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' })
  await bus.close()
  expect(cancelled).toMatchObject({ code: 'CANCELLED' })
  expect(runs).toBe(1)
})

test('a request that its schema refuses never leaves', async () => {
  await using bus = await open()
  let runs = 0
  await bus.reply(airport.assignGate, () => {
    runs += 1
    return { gate: 'A' }
  })
  // @ts-expect-error the flight is no number
  await expect(bus.request(airport.assignGate, { flight: 3 })).rejects.toMatchObject({
    code: 'SCHEMA_INVALID',
    outcome: 'rejected',
  })
  await expect(bus.request(airport.assignGate, { flight: 'KL1' }, { timeoutMs: 0 })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  })
  expect(runs).toBe(0)
})
