/** Groups that share a stream: one cursor, a commit without gaps, retries, dead letters, order per key. */

import { describe, expect, it } from 'vitest'
import { again, logWorld, rejected } from './log-world.js'

const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, n) => from + n)

describe('a group of a stream', () => {
  it('E3 gives each record to one member, and every group has its own copy', () => {
    const { append, consume, settle } = logWorld()
    const one = consume({ group: 'a' })
    const two = consume({ group: 'a' })
    const other = consume({ group: 'b' })
    for (let n = 0; n < 100; n++) append()
    settle()
    const shared = [...one.seen, ...two.seen].map(Number).sort((a, b) => a - b)
    expect(shared).toEqual(upTo(100))
    expect(one.seen.length).toBeGreaterThan(0)
    expect(two.seen.length).toBeGreaterThan(0)
    expect(other.seen).toEqual(upTo(100))
  })

  it('S3 goes on where it was when all members had left, whatever start it asks for', () => {
    const { append, consume, settle } = logWorld()
    for (let n = 0; n < 5; n++) append()
    const first = consume({ group: 'a', start: 'start' })
    settle()
    first.consumer.leave({ failed: false })
    for (let n = 0; n < 5; n++) append()
    settle()
    const second = consume({ group: 'a', start: 'start' })
    settle()
    expect(first.seen).toEqual(upTo(5))
    expect(second.seen).toEqual(upTo(10, 5))
  })

  it('begins at the end without a commit, or where start says', () => {
    const { append, consume, settle } = logWorld()
    for (let n = 0; n < 5; n++) append()
    const byDefault = consume({ group: 'a', start: 'committed' })
    const byOffset = consume({ group: 'b', start: { offset: 3 } })
    settle()
    append()
    settle()
    expect(byDefault.seen).toEqual([5])
    expect(byOffset.seen).toEqual([3, 4, 5])
  })

  it('S3 gives records that were not settled to whoever comes next', () => {
    const { append, consume, settle } = logWorld()
    for (let n = 0; n < 3; n++) append()
    const first = consume({ group: 'a', start: 'start', credit: 2, on: () => undefined })
    settle()
    first.consumer.leave({ failed: true })
    const second = consume({ group: 'a' })
    settle()
    expect(first.seen).toEqual([0, 1])
    expect(second.claims.map(({ offset, attempt }) => [offset, attempt])).toEqual([
      [0, 2],
      [1, 2],
      [2, 1],
    ])
  })

  it('Q2 a stale token is refused and the record stays with its new holder', () => {
    const { append, consume, settle, clock } = logWorld({ leaseMs: 1_000 })
    append()
    const slow = consume({ group: 'a', start: 'start', on: () => undefined })
    settle()
    clock.advance(1_000)
    const quick = consume({ group: 'a', on: () => undefined })
    settle()
    expect(slow.lost).toEqual([slow.claims[0]?.token])
    expect(slow.consumer.settle(slow.claims[0]!.token, { kind: 'done' })).toBe(false)
    expect(quick.consumer.settle(quick.claims[0]!.token, { kind: 'done' })).toBe(true)
  })

  it('F62 a rejected record becomes a dead letter and the cursor moves on', () => {
    const { append, consume, settle, log } = logWorld()
    for (let n = 0; n < 3; n++) append()
    const { seen, consumer } = consume({
      group: 'a',
      start: 'start',
      on: ({ offset }) => (offset === 1 ? rejected('bad') : { kind: 'done' }),
    })
    settle()
    expect(seen).toEqual([0, 1, 2])
    expect(log.dead?.list(undefined, 10).letters).toMatchObject([{ group: 'a', reason: 'rejected' }])
    consumer.leave({ failed: false })
    const next = consume({ group: 'a' })
    append()
    settle()
    expect(next.seen).toEqual([3])
  })

  it('F62 a record that always fails dies after its attempts', () => {
    const { append, consume, settle, clock, log } = logWorld()
    append()
    const { claims } = consume({ group: 'a', start: 'start', on: () => again })
    for (let n = 0; n < 10; n++) {
      settle()
      clock.advance(10)
    }
    expect(claims.map((claim) => claim.attempt)).toEqual([1, 2, 3])
    expect(log.inspect()).toMatchObject({ received: 1, dead: 1, ready: 0, delayed: 0, leased: 0 })
  })

  it('Q5 a redriven record comes once more, with its offset, and does not move the commit back', () => {
    const { append, consume, settle, log } = logWorld()
    for (let n = 0; n < 2; n++) append()
    let isBroken = true
    const { claims, consumer } = consume({
      group: 'a',
      start: 'start',
      on: ({ offset }) => (offset === 0 && isBroken ? rejected('bad') : { kind: 'done' }),
    })
    settle()
    isBroken = false
    expect(log.dead?.redrive(undefined, undefined)).toBe(1)
    settle()
    expect(claims.map(({ offset, attempt }) => [offset, attempt])).toEqual([
      [0, 1],
      [1, 1],
      [0, 1],
    ])
    consumer.leave({ failed: false })
    append()
    const next = consume({ group: 'a' })
    settle()
    expect(next.seen).toEqual([2])
    expect(log.inspect()).toMatchObject({ received: 3, done: 3, dead: 0, redriven: 1 })
  })

  it('F54 keeps the order of each key with concurrency 8 while records fail', () => {
    const { append, consume, settle, clock } = logWorld({
      ordered: true,
      retry: { attempts: 50, backoff: 'fixed', initialMs: 10, maxMs: 10 },
    })
    const handled = new Map<string, number[]>()
    let roll = 1
    consume({
      group: 'a',
      credit: 8,
      on: ({ message, offset = 0 }) => {
        roll = (roll * 48_271) % 2_147_483_647
        if (roll % 4 === 0) return again
        const key = message.key ?? ''
        handled.set(key, [...(handled.get(key) ?? []), offset])
        return { kind: 'done' }
      },
    })
    for (let n = 0; n < 400; n++) append({ key: `k${(n * 13) % 7}` })
    for (let n = 0; n < 1_000; n++) {
      settle()
      clock.advance(10)
    }
    expect([...handled.values()].flat()).toHaveLength(400)
    for (const offsets of handled.values()) expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
  })

  it('has a cursor for each pattern it reads with', () => {
    const { append, consume, settle } = logWorld()
    for (const plane of ['KL1', 'BA2', 'KL1']) append({ plane })
    const all = consume({ group: 'a', start: 'start' })
    const some = consume({ group: 'a', start: 'start', pattern: 'radar.point.BA2' })
    settle()
    expect(all.seen).toEqual([0, 1, 2])
    expect(some.seen).toEqual([1])
  })

  it('S1 that was away while retention went on hears what it missed', () => {
    const { append, consume, settle } = logWorld({ keepCount: 3 })
    const first = consume({ group: 'a' })
    append()
    settle()
    first.consumer.leave({ failed: false })
    for (let n = 0; n < 10; n++) append()
    const second = consume({ group: 'a' })
    const third = consume({ group: 'a' })
    settle()
    expect([...second.gaps, ...third.gaps]).toEqual([{ count: 7, from: 1, to: 7 }])
    expect([...second.seen, ...third.seen].filter(Number.isInteger).sort()).toEqual([10, 8, 9])
  })

  it('F39 reads ahead no more than its window, whatever the backlog', () => {
    const { append, consume, settle, log } = logWorld()
    for (let n = 0; n < 20_000; n++) append()
    consume({ group: 'a', start: 'start', credit: 4, on: () => undefined })
    settle()
    expect(log.inspect()).toMatchObject({ leased: 4, ready: 1_020 })
  })

  it('F54 does not stop the others while one key fails, until it is 10,000 records behind', () => {
    const { append, consume, settle } = logWorld({ ordered: true })
    for (let n = 0; n < 15_000; n++) append({ key: n === 0 ? 'stuck' : `k${n % 50}` })
    const { seen } = consume({
      group: 'a',
      start: 'start',
      on: ({ message }) =>
        message.key === 'stuck' ? { kind: 'retry', afterMs: 60_000, failure: undefined } : { kind: 'done' },
    })
    settle()
    expect(seen).toHaveLength(10_000)
    expect(seen.at(-1)).toBe(9_999)
  })

  it('forgets the group that was left longest ago beyond 1,000 without members', () => {
    const { append, consume, settle } = logWorld()
    append()
    for (let n = 0; n <= 1_000; n++) consume({ group: `g${n}` }).consumer.leave({ failed: false })
    append()
    const forgotten = consume({ group: 'g0', start: 'start' })
    const kept = consume({ group: 'g1', start: 'start' })
    settle()
    expect(forgotten.seen).toEqual([0, 1])
    expect(kept.seen).toEqual([1])
  })

  it('purge takes what members hold, and they hear of it', () => {
    const { append, consume, settle, log } = logWorld()
    for (let n = 0; n < 3; n++) append()
    const { lost, claims } = consume({ group: 'a', start: 'start', on: () => undefined })
    settle()
    expect(log.purge()).toBe(3)
    expect(lost).toEqual([claims[0]?.token])
    expect(log.inspect()).toMatchObject({ received: 3, purged: 3, ready: 0, leased: 0, first: 3, next: 3 })
  })
})
