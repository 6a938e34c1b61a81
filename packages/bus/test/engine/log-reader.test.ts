/** Readers of a stream without a group: where they begin, what they see, and where they end. */

import { describe, expect, it } from 'vitest'
import { messageTo } from './exchange-world.js'
import { again, logWorld, rejected } from './log-world.js'

const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, n) => from + n)

describe('a log', () => {
  it('S1 numbers its records densely from 0, and says so in the receipt', () => {
    const { append, log } = logWorld()
    expect([append(), append(), append()]).toEqual([0, 1, 2])
    expect(log.inspect()).toMatchObject({ first: 0, next: 3 })
  })

  it('tells the body that more than one reader may want it', () => {
    const { log, channel } = logWorld()
    let retained = 0
    const { body, ...message } = messageTo('radar.point.KL1')
    const kept = { codec: 'json', size: 2, bytes: () => body.bytes(), retain: () => void retained++ }
    void log.publish({ channel, message: { ...message, body: kept } })
    expect(retained).toBe(1)
  })

  it('S1 never uses an offset twice, not even after a purge', () => {
    const { append, log } = logWorld()
    for (let n = 0; n < 700; n++) append()
    expect(log.purge()).toBe(700)
    expect(append()).toBe(700)
    expect(log.inspect()).toMatchObject({ first: 700, next: 701 })
  })
})

describe('a reader', () => {
  it('from the start sees all records in order, then what comes', () => {
    const { append, consume, settle } = logWorld()
    for (let n = 0; n < 2_000; n++) append()
    const { seen } = consume({ start: 'start' })
    settle()
    append()
    settle()
    expect(seen).toEqual(upTo(2_001))
  })

  it('from the end, the default, sees only what comes after', () => {
    const { append, consume, settle } = logWorld()
    append()
    const one = consume()
    const two = consume({ start: 'end' })
    const three = consume({ start: 'committed' })
    append()
    settle()
    for (const { seen } of [one, two, three]) expect(seen).toEqual([1])
  })

  it('from an offset begins there, also when it is yet to come', () => {
    const { append, consume, settle } = logWorld()
    for (let n = 0; n < 5; n++) append()
    const past = consume({ start: { offset: 3 } })
    const ahead = consume({ start: { offset: 6 } })
    settle()
    for (let n = 0; n < 3; n++) append()
    settle()
    expect(past.seen).toEqual([3, 4, 5, 6, 7])
    expect(ahead.seen).toEqual([6, 7])
  })

  it('from a time begins with the first record appended then or later', () => {
    const { append, consume, settle, clock } = logWorld()
    const began = clock.now()
    for (let n = 0; n < 1_500; n++) {
      append()
      clock.advance(10)
    }
    const exact = consume({ start: { time: began + 10_000 } })
    const between = consume({ start: { time: began + 14_985 } })
    const before = consume({ start: { time: 0 }, until: 'now' })
    const after = consume({ start: { time: began + 1_000_000 } })
    settle()
    expect(exact.seen).toEqual(upTo(1_500, 1_000))
    expect(between.seen).toEqual([1_499])
    expect(before.seen).toHaveLength(1_501)
    expect(after.seen).toEqual([])
  })

  it('from a time finds its place although the wall clock went back', () => {
    const { append, consume, settle, clock } = logWorld()
    for (let n = 0; n < 10; n++) append()
    const began = clock.now()
    clock.jump(-3_600_000)
    for (let n = 0; n < 10; n++) append()
    clock.jump(3_600_001)
    append()
    const after = consume({ start: { time: began + 1 } })
    const since = consume({ start: { time: began } })
    settle()
    expect(after.seen).toEqual([20])
    expect(since.seen).toEqual(upTo(21))
  })

  it('takes no more than its credit', () => {
    const { append, consume, settle } = logWorld()
    for (let n = 0; n < 10; n++) append()
    const { seen, consumer } = consume({ start: 'start', credit: 3, on: () => undefined })
    settle()
    expect(seen).toEqual([0, 1, 2])
    consumer.credit(2)
    settle()
    expect(seen).toEqual([0, 1, 2, 3, 4])
  })

  it('sees only the addresses of its pattern', () => {
    const { append, consume, settle } = logWorld()
    for (const plane of ['KL1', 'BA2', 'KL1', 'BA2']) append({ plane })
    const { seen } = consume({ start: 'start', pattern: 'radar.point.BA2' })
    settle()
    append({ plane: 'KL1' })
    append({ plane: 'BA2' })
    settle()
    expect(seen).toEqual([1, 3, 5])
  })

  it('F56 loses and repeats nothing where replay becomes live, whatever the interleaving', () => {
    const { append, consume, settle } = logWorld()
    for (let n = 0; n < 50; n++) append()
    let left = 500
    const { seen } = consume({
      start: 'start',
      on: ({ offset = 0 }) => {
        // Appends from inside of the reader, so that the end moves while it is being reached.
        for (let n = 0; n < (offset % 3) + 1 && left > 0; n++, left--) append()
        return { kind: 'done' }
      },
    })
    settle()
    while (left-- > 0) {
      append()
      settle()
    }
    append()
    settle()
    expect(seen).toEqual(upTo(551))
  })

  it('F53 sees the records of every producer in their order', () => {
    const { append, consume, settle } = logWorld()
    const { claims } = consume({ credit: 16, start: 'start' })
    for (let n = 0; n < 1_000; n++) append({ plane: `P${(n * 7) % 8}` })
    settle()
    expect(claims.map((claim) => claim.offset)).toEqual(upTo(1_000))
  })

  it('until now ends after the last record that existed when it began', () => {
    const { append, consume, settle } = logWorld()
    for (let n = 0; n < 3; n++) append()
    const { seen } = consume({ start: 'start', until: 'now' })
    append()
    settle()
    expect(seen).toEqual([0, 1, 2, 'ended'])
  })

  it('until now of nothing ends at once, but not in the stack of consume', () => {
    const { consume, settle } = logWorld()
    const { seen } = consume({ start: 'start', until: 'now' })
    expect(seen).toEqual([])
    settle()
    expect(seen).toEqual(['ended'])
  })

  it('until now ends although its pattern matched nothing', () => {
    const { append, consume, settle } = logWorld()
    append()
    const { seen } = consume({ start: 'start', until: 'now', pattern: 'radar.point.XX' })
    settle()
    expect(seen).toEqual(['ended'])
  })

  it('until now waits for the settlement of what it delivered', () => {
    const { append, consume, settle } = logWorld()
    append()
    const { seen, claims, consumer } = consume({ start: 'start', until: 'now', on: () => undefined })
    settle()
    expect(seen).toEqual([0])
    expect(consumer.settle(claims[0]!.token, { kind: 'done' })).toBe(true)
    settle()
    expect(seen).toEqual([0, 'ended'])
  })

  it('gets a record again after a retry, and can give it up', () => {
    const { append, consume, settle, clock, log } = logWorld()
    append()
    const { claims } = consume({
      start: 'start',
      on: ({ attempt }) => (attempt === 1 ? again : rejected('no')),
    })
    settle()
    clock.advance(10)
    settle()
    expect(claims.map((claim) => claim.attempt)).toEqual([1, 2])
    expect(log.dead?.list(undefined, 10).letters[0]).toMatchObject({ attempts: 2, group: undefined })
    expect(log.inspect()).toMatchObject({ received: 1, dead: 1, done: 0 })
  })

  it('leaves nothing behind when it leaves, and counts nothing it did not handle', () => {
    const { append, consume, settle, log } = logWorld()
    for (let n = 0; n < 100; n++) append()
    const { consumer } = consume({ start: 'start', on: () => undefined })
    settle()
    consumer.leave({ failed: false })
    settle()
    expect(log.inspect()).toMatchObject({ ready: 0, leased: 0, dropped: 0, consumers: 0, next: 100 })
  })

  it('F85 hears CLOSED once when the log closes, and no timer is left', () => {
    const { append, consume, settle, log, clock } = logWorld({ keepMs: 1_000 })
    append()
    const live = consume()
    const ending = consume({ start: 'start', until: 'now', on: () => undefined })
    settle()
    log.close()
    settle()
    expect(live.seen).toEqual(['CLOSED'])
    expect(ending.seen).toEqual([0, 'CLOSED'])
    expect(clock.timers).toBe(0)
  })
})
