/** Consumers of the memory wire: concurrency, settlement, leases that live as long as the handler, and their end. */

import { describe, expect, it, vi } from 'vitest'
import { done, type Outcome } from '../../src/outcome.js'
import { byHand, channelOf, consumeOf, memoryWorld, never, publishOf, quiet } from './memory-world.js'

const jobs = channelOf('queue')
const log = { ...channelOf('stream'), name: 'airport.track' }

async function working(concurrency = 1) {
  const world = memoryWorld()
  const transport = await world.open()
  const hand = byHand()
  const consumer = await transport.consume(consumeOf(jobs, { concurrency }), hand.deliver, never)
  const send = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await transport.publish(publishOf(jobs, `m${n}`), never)
    await quiet()
  }
  const inspect = () => transport.manage(jobs, { op: 'inspect' }, never)
  return { ...world, ...hand, transport, consumer, send, inspect }
}

describe('a consumer', () => {
  it('has at most its concurrency of handlers running', async () => {
    const { send, deliveries, finish } = await working(3)
    await send(10)
    expect(deliveries).toHaveLength(3)
    finish[1]?.()
    await quiet()
    expect(deliveries).toHaveLength(4)
  })

  it('carries out every outcome, of handlers that return at once and of those that do not', async () => {
    const { open, clock } = memoryWorld()
    const transport = await open()
    const outcomes: Outcome[] = [
      done,
      { kind: 'drop' },
      { kind: 'retry', afterMs: 10, failure: undefined },
      { kind: 'reject', reason: 'rejected', failure: { message: 'no' } },
    ]
    for (const isLate of [false, true]) {
      const seen: string[] = []
      const consumer = await transport.consume(
        consumeOf(jobs),
        ({ message, attempt }) => {
          seen.push(`${message.id}#${attempt}`)
          const outcome = attempt > 1 ? done : (outcomes[Number(message.id)] ?? done)
          return isLate ? Promise.resolve(outcome) : outcome
        },
        never,
      )
      for (let n = 0; n < 4; n++) await transport.publish(publishOf(jobs, `${n}`), never)
      await clock.pass(10)
      await quiet()
      expect(seen).toEqual(['0#1', '1#1', '2#1', '3#1', '2#2'])
      await consumer.close()
    }
    expect(await transport.manage(jobs, { op: 'inspect' }, never)).toMatchObject({
      done: 4,
      dropped: 2,
      dead: 2,
      leased: 0,
      ready: 0,
      delayed: 0,
    })
  })

  it('gives a message back when its handler breaks the rule and rejects', async () => {
    const { open } = memoryWorld()
    const transport = await open()
    const attempts: number[] = []
    await transport.consume(
      consumeOf(jobs),
      ({ attempt }) => {
        attempts.push(attempt)
        return attempt === 1 ? Promise.reject(new Error('broken')) : done
      },
      never,
    )
    await transport.publish(publishOf(jobs, 'a'), never)
    await quiet()
    expect(attempts).toEqual([1, 2])
  })

  it('Q3 renews the leases of all its running handlers with one timer', async () => {
    const { send, deliveries, clock, finish, inspect } = await working(50)
    await send(50)
    const lost: number[] = []
    for (const [n, delivery] of deliveries.entries()) delivery.onLost(() => void lost.push(n))
    // One for the leases at the engine, one for all renewals.
    expect(clock.timers).toBe(2)
    for (let n = 0; n < 100; n++) await clock.pass(7_000)
    expect([lost, deliveries.length]).toEqual([[], 50])
    for (const end of finish) end()
    await quiet()
    expect(await inspect()).toMatchObject({ done: 50, leased: 0 })
    await clock.pass(60_000)
    expect(clock.timers).toBe(0)
  })

  it('Q2 tells a handler whose message was purged, and its late outcome changes nothing', async () => {
    const { send, deliveries, transport, finish, inspect } = await working()
    await send(1)
    let lost = 0
    deliveries[0]?.onLost(() => void lost++)
    expect(await transport.manage(jobs, { op: 'purge' }, never)).toEqual({ count: 1 })
    expect(lost).toBe(1)
    let late = 0
    deliveries[0]?.onLost(() => void late++)
    expect(late).toBe(1)
    finish[0]?.()
    await quiet()
    expect(await inspect()).toMatchObject({ purged: 1, done: 0 })
    await send(1)
    expect(deliveries).toHaveLength(2)
  })

  it('Q2 tells a handler that purges its own message', async () => {
    const { open } = memoryWorld()
    const transport = await open()
    let lost = 0
    await transport.consume(
      consumeOf(jobs),
      async (delivery) => {
        delivery.onLost(() => void lost++)
        await transport.manage(jobs, { op: 'purge' }, never)
        return done
      },
      never,
    )
    await transport.publish(publishOf(jobs, 'a'), never)
    await quiet()
    expect(lost).toBe(1)
  })

  it('F43 that gives no credit holds nothing up and leaks nothing', async () => {
    const { send, clock, inspect, finish, deliveries } = await working()
    await send(5)
    await clock.pass(600_000)
    expect(await inspect()).toMatchObject({ ready: 4, leased: 1, consumers: 1 })
    finish[0]?.()
    await quiet()
    expect(deliveries).toHaveLength(2)
  })

  it('ends by itself at the last record that existed when it began', async () => {
    const { open } = memoryWorld()
    const transport = await open()
    for (let n = 0; n < 3; n++) await transport.publish(publishOf(log, `${n}`), never)
    const offsets: (number | undefined)[] = []
    const request = consumeOf(log, { start: 'start', until: 'now' })
    const consumer = await transport.consume(
      request,
      ({ offset }) => {
        offsets.push(offset)
        return done
      },
      never,
    )
    expect(await consumer.ended).toBeUndefined()
    expect(offsets).toEqual([0, 1, 2])
    expect(await transport.manage(log, { op: 'inspect' }, never)).toMatchObject({ consumers: 0 })
    await consumer.close()
  })

  it('says why it ended when it did not keep up', async () => {
    const { open } = memoryWorld()
    const transport = await open()
    const buffer = { messages: 2, overflow: 'disconnect' } as const
    const events = channelOf('event')
    const { deliver, finish } = byHand()
    const consumer = await transport.consume(consumeOf(events, { buffer }), deliver, never)
    for (let n = 0; n < 10; n++) await transport.publish(publishOf(events, `${n}`), never)
    expect(await consumer.ended).toBe('SLOW_CONSUMER')
    finish[0]?.()
    await consumer.close()
  })

  it('a signal that has aborted already leaves no trace', async () => {
    const { open } = memoryWorld()
    const transport = await open()
    const reason = new Error('gave up')
    const aborted = AbortSignal.abort(reason)
    await transport.declare(jobs, never)
    await expect(transport.publish(publishOf(jobs, 'a'), aborted)).rejects.toBe(reason)
    await expect(transport.consume(consumeOf(jobs), () => done, aborted)).rejects.toBe(reason)
    await expect(transport.declare(log, aborted)).rejects.toBe(reason)
    await expect(transport.manage(jobs, { op: 'purge' }, aborted)).rejects.toBe(reason)
    expect(await transport.manage(jobs, { op: 'inspect' }, never)).toMatchObject({
      received: 0,
      consumers: 0,
    })
    await expect(transport.manage(log, { op: 'inspect' }, never)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('publishes that wait for room reject when their signal aborts, and share one listener', async () => {
    const { open } = memoryWorld()
    const transport = await open()
    const events = channelOf('event')
    const { deliver } = byHand()
    const buffer = { messages: 1, overflow: 'block' } as const
    await transport.consume(consumeOf(events, { buffer }), deliver, never)
    const giveUp = new AbortController()
    const listen = vi.spyOn(giveUp.signal, 'addEventListener')
    const sent = Array.from({ length: 20 }, (_, n) =>
      transport.publish(publishOf(events, `${n}`), giveUp.signal),
    )
    giveUp.abort(new Error('gave up'))
    const ends = await Promise.allSettled(sent)
    expect(ends[0]?.status).toBe('fulfilled')
    expect(ends[19]).toMatchObject({ status: 'rejected', reason: { message: 'gave up' } })
    expect(listen).toHaveBeenCalledTimes(1)
  })
})
