import { makeChannel, makeMessage } from '@busbar/conformance'
import { type Delivery, done, type MaybePromise, type Outcome } from 'busbar/transport'
import { describe, expect, it } from 'vitest'
import { createPump } from '../src/index.js'
import { settled } from './exchanges/world.js'

const message = makeMessage(makeChannel('queue', 'airport.moveBag'), 1, { id: 'm', time: 1 })

/** A pump whose handlers end when the test says so, and what it told the broker. */
function world(concurrency = 2, settle: (outcome: Outcome) => MaybePromise<void> = () => {}) {
  const handlers: {
    readonly delivery: Delivery
    end(outcome: Outcome): void
    break(error: unknown): void
  }[] = []
  const told: Outcome[] = []
  const errors: unknown[] = []
  const rooms: number[] = []
  const pump = createPump({
    concurrency,
    deliver: (delivery) =>
      new Promise((resolve, reject) => handlers.push({ delivery, end: resolve, break: reject })),
    onError: (error) => errors.push(error),
    onRoom: () => rooms.push(pump.room),
  })
  const take = (attempt = 1) =>
    pump.take({
      message,
      attempt,
      settle(outcome) {
        told.push(outcome)
        return settle(outcome)
      },
    })
  return { pump, handlers, told, errors, rooms, take }
}

const retry: Outcome = { kind: 'retry', afterMs: 5, failure: { code: 'INTERNAL', message: 'boom' } }

it('the value of an outcome settles its message, and its place is free then', async () => {
  const { pump, handlers, told, rooms, take } = world()
  take()
  take(3)
  expect([pump.room, pump.running, handlers[1]?.delivery.attempt]).toEqual([0, 2, 3])
  handlers[1]?.end(retry)
  await settled()
  expect(told).toEqual([retry])
  expect(rooms).toEqual([1])
  handlers[0]?.end(done)
  await settled()
  expect([told, rooms]).toEqual([
    [retry, done],
    [1, 2],
  ])
})

it('an outcome without a promise settles at once', () => {
  const told: Outcome[] = []
  const pump = createPump({ concurrency: 1, deliver: () => done, onError() {} })
  pump.take({ message, attempt: 1, settle: (outcome) => void told.push(outcome) })
  expect([told, pump.room]).toEqual([[done], 1])
})

it('a place is taken until the broker has been told', async () => {
  let heard = (): void => {}
  const hears = new Promise<void>((resolve) => {
    heard = resolve
  })
  const { pump, handlers, take } = world(1, () => hears)
  take()
  handlers[0]?.end(done)
  await settled()
  expect(pump.room).toBe(0)
  const idle = pump.idle()
  heard()
  await idle
  expect(pump.room).toBe(1)
})

it('offset and times handed out reach the handler, and are left out where the broker has none', () => {
  const seen: Delivery[] = []
  const pump = createPump({
    concurrency: 2,
    deliver: (delivery) => {
      seen.push(delivery)
      return done
    },
    onError() {},
  })
  pump.take({ message, attempt: 1, acquired: 4, offset: 9, settle() {} })
  pump.take({ message, attempt: 1, settle() {} })
  expect(seen[0]).toMatchObject({ acquired: 4, offset: 9 })
  expect(['acquired' in (seen[1] ?? {}), 'offset' in (seen[1] ?? {})]).toEqual([false, false])
})

describe('what goes wrong', () => {
  it('a settlement that rejects is told, and frees the place', async () => {
    const { pump, handlers, errors, take } = world(1, () => Promise.reject(new Error('gone')))
    take()
    handlers[0]?.end(done)
    await pump.idle()
    expect([errors, pump.room]).toEqual([[new Error('gone')], 1])
  })

  it('a settlement that throws is told, and frees the place', async () => {
    const { pump, handlers, errors, take } = world(1, () => {
      throw new Error('gone')
    })
    take()
    handlers[0]?.end(done)
    await pump.idle()
    expect([errors, pump.room]).toEqual([[new Error('gone')], 1])
  })

  it('Q1 a message whose delivery rejects, which it must not, is tried again', async () => {
    const { pump, handlers, told, take } = world()
    take()
    handlers[0]?.break(new Error('bug'))
    await pump.idle()
    expect(told).toEqual([
      { kind: 'retry', afterMs: 0, failure: { code: 'INTERNAL', message: 'Error: bug' } },
    ])
  })
})

describe('a lost claim', () => {
  it('Q2 is told to the handler once, and its outcome goes nowhere', async () => {
    const { pump, handlers, told, take } = world(1)
    const lose = take()
    let heard = 0
    handlers[0]?.delivery.onLost(() => {
      heard += 1
    })
    lose()
    lose()
    expect([heard, pump.room]).toEqual([1, 0])
    handlers[0]?.end(done)
    await pump.idle()
    expect([told, pump.room]).toEqual([[], 1])
  })

  it('Q2 is told to a handler that asks later', () => {
    const { handlers, take } = world()
    const lose = take()
    lose()
    let heard = 0
    handlers[0]?.delivery.onLost(() => {
      heard += 1
    })
    expect(heard).toBe(1)
  })

  it('Q2 of all at once leaves those alone that come afterwards', async () => {
    const { pump, handlers, told, take } = world(3)
    take()
    take()
    pump.loseAll()
    take()
    for (const { end } of handlers) end(done)
    await pump.idle()
    expect(told).toEqual([done])
  })
})

it('room and rest are waited for, and are there at once if they are', async () => {
  const { pump, handlers, take } = world(1)
  await pump.roomy()
  await pump.idle()
  take()
  const heard: string[] = []
  const waits = [pump.roomy().then(() => heard.push('room')), pump.idle().then(() => heard.push('rest'))]
  await settled()
  expect(heard).toEqual([])
  handlers[0]?.end(done)
  await Promise.all(waits)
  expect(heard.sort()).toEqual(['rest', 'room'])
})
