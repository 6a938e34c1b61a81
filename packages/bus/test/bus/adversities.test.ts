/** Handlers, listeners and callers that behave badly: nothing of it may break the bus or leave somebody waiting. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestBus, type TestBus } from '../../src/testing/test-bus.js'
import { airport } from './airport.js'

const bag = { tag: 't1', flight: 'KL1', kg: 3 }
const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => void process.off('unhandledRejection', note))

/** Errors of libraries that take liberties with what a message is. */
const oddError = Object.assign(new Error('x'), { message: { text: 'not a string' } })
const textless: unknown = Object.create(null)

for (const [name, thrown] of [
  ['whose message is no string', oddError],
  ['that has no text at all', textless],
] as const) {
  test(`F62 a thrown value ${name} counts as a failed attempt, whether thrown at once or later`, async () => {
    const bus = await createTestBus()
    let isLate = false
    await bus.work(airport.keyedBag, () => {
      isLate = !isLate
      if (isLate) return Promise.reject(thrown)
      throw thrown
    })
    await bus.send(airport.keyedBag, bag)
    await bus.send(airport.keyedBag, bag)
    await bus.settled()
    expect(await bus.inspect(airport.keyedBag)).toMatchObject({ dead: 2, leased: 0 })
    await bus.close()
  })

  test(`R1 a replier that throws a value ${name} is a REMOTE_ERROR`, async () => {
    const bus = await createTestBus()
    await bus.reply(airport.assignGate, () => {
      throw thrown
    })
    await expect(bus.request(airport.assignGate, { flight: 'KL1' })).rejects.toMatchObject({
      code: 'REMOTE_ERROR',
    })
    await bus.close()
  })

  test(`X1 an accepter that throws a value ${name} ends its line`, async () => {
    const bus = await createTestBus()
    await bus.accept(airport.hotline, () => {
      throw thrown
    })
    const line = await bus.dial(airport.hotline)
    expect(await line.ended).toBe('REMOTE_ERROR')
    await bus.close()
    expect(unhandled).toEqual([])
  })
}

test('a verdict with a reason that is no string is a verdict all the same', async () => {
  const bus = await createTestBus()
  // In plain JavaScript nothing keeps a caller from handing over the error itself.
  const reason = new Error('belt') as unknown as string
  await bus.work(airport.keyedBag, (_bag, ctx) => ctx.retry({ reason }))
  await bus.send(airport.keyedBag, bag)
  await bus.settled()
  const { letters } = await bus.deadLetters(airport.keyedBag).list()
  expect(letters[0]?.lastFailure?.message).toBe('belt')
  await bus.close()
})

test('listeners that are async and fail are trouble, not an unhandled rejection', async () => {
  const bus = await createTestBus()
  const troubles: string[] = []
  bus.status.on('trouble', ({ code }) => void troubles.push(code))
  const fail = async (): Promise<void> => {
    throw new Error('listener')
  }
  let go: () => void = () => undefined
  await bus.subscribe(
    airport.landed,
    () =>
      new Promise<void>((resolve) => {
        go = resolve
      }),
    { buffer: { messages: 1 }, onGap: fail },
  )
  for (let n = 0; n < 4; n++) await bus.publish(airport.landed, { flight: `KL${n}`, gate: 'A' })
  go()
  await turn()
  go()
  expect(troubles).toContain('GAP')
  await turn()
  expect(unhandled).toEqual([])
  expect(troubles).toContain('HANDLER_FAILED')
  await bus.close()
})

test('F87 a worker that closes itself while it handles a message finishes it, once', async () => {
  const bus = await createTestBus()
  const handled: string[] = []
  let finish: () => void = () => undefined
  const worker = await bus.work(airport.moveBag, ({ tag }) => {
    handled.push(tag)
    void worker.close()
    return new Promise<void>((resolve) => {
      finish = resolve
    })
  })
  await bus.send(airport.moveBag, bag)
  await turn()
  expect(await bus.inspect(airport.moveBag)).toMatchObject({ leased: 1, ready: 0 })
  finish()
  await worker.close()
  expect(await bus.inspect(airport.moveBag)).toMatchObject({ leased: 0, ready: 0, done: 1 })
  expect(handled).toEqual(['t1'])
  await bus.close()
})

test('F87 a handler that closes its own subscription and returns at once is done', async () => {
  const bus = await createTestBus()
  const worker = await bus.work(airport.moveBag, () => void worker.close())
  await bus.send(airport.moveBag, bag)
  await turn()
  await worker.close()
  expect(await bus.inspect(airport.moveBag)).toMatchObject({ leased: 0, ready: 0, done: 1, consumers: 0 })
  await bus.close()
})

test('R1 a request whose caller gives up inside a middleware never leaves', async () => {
  const stop = new AbortController()
  const bus = await createTestBus({
    middleware: [
      async (crossing, next) => {
        if (crossing.direction === 'out') stop.abort()
        return next()
      },
    ],
  })
  let served = 0
  await bus.reply(airport.assignGate, () => {
    served += 1
    return { gate: 'A' }
  })
  await expect(bus.request(airport.assignGate, { flight: 'KL1' }, { signal: stop.signal })).rejects.toThrow(
    'aborted',
  )
  await turn()
  expect(served).toBe(0)
  await bus.close()
})

/** Closes a bus whose drain time is over before its handlers are: whoever the bus still holds hears of it. */
async function closeOverdue(bus: TestBus): Promise<void> {
  let finish: () => void = () => undefined
  await bus.work(
    airport.moveBag,
    () =>
      new Promise<void>((resolve) => {
        finish = resolve
      }),
  )
  await bus.send(airport.moveBag, bag)
  await turn()
  const closing = bus.close()
  await bus.advance(1)
  finish()
  await closing
}

test('S1 replays leave no signal behind for records that were read', async () => {
  const bus = await createTestBus({ drainTimeoutMs: 0 })
  for (let n = 0; n < 3; n++) await bus.append(airport.radar, { flight: 'KL1', x: n })
  const signals: AbortSignal[] = []
  for await (const { ctx } of bus.replay(airport.radar, { to: 'now' })) signals.push(ctx.signal)
  await closeOverdue(bus)
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false])
})

test('a handler that reads its signal after it has returned leaves nothing behind', async () => {
  const bus = await createTestBus({ drainTimeoutMs: 0 })
  const contexts: { readonly signal: AbortSignal }[] = []
  await bus.subscribe(airport.landed, (_landed, ctx) => void contexts.push(ctx))
  await bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })
  await turn()
  const signals = contexts.map(({ signal }) => signal)
  await closeOverdue(bus)
  expect(signals.map(({ aborted }) => aborted)).toEqual([false])
})

test('X1 what waits on a line when the other side fails is rejected, and says so', async () => {
  const bus = await createTestBus()
  let fail: () => void = () => undefined
  await bus.accept(
    airport.hotline,
    () =>
      new Promise<void>((_, reject) => {
        fail = () => reject(new Error('off'))
      }),
  )
  const line = await bus.dial(airport.hotline)
  const sends = Array.from({ length: 40 }, () => line.send({ ask: 'a' }).catch((error: unknown) => error))
  await turn()
  fail()
  const errors = (await Promise.all(sends)).filter((error) => error !== undefined)
  expect(errors.length).toBeGreaterThan(0)
  for (const error of errors) expect(error).toMatchObject({ code: 'REMOTE_ERROR', outcome: 'rejected' })
  await bus.close()
})
