/** Retention of a stream, and what readers hear when it overtakes them. */

import { describe, expect, it } from 'vitest'
import { createLogRecords } from '../../src/engine/log-records.js'
import { messageTo } from './exchange-world.js'
import { logWorld } from './log-world.js'

describe('retention', () => {
  it('by count keeps the newest', () => {
    const { append, log } = logWorld({ keepCount: 100 })
    for (let n = 0; n < 5_000; n++) append()
    expect(log.inspect()).toMatchObject({ first: 4_900, next: 5_000 })
  })

  it('by bytes keeps what fits, and the newest whatever its size', () => {
    const { append, log } = logWorld({ keepBytes: 100 })
    for (let n = 0; n < 12; n++) append({ bytes: 10 })
    expect(log.inspect()).toMatchObject({ first: 2, next: 12 })
    append({ bytes: 95 })
    expect(log.inspect()).toMatchObject({ first: 12, next: 13 })
    append({ bytes: 500 })
    expect(log.inspect()).toMatchObject({ first: 13, next: 14 })
  })

  it('by age removes what is older, also when nobody looks', () => {
    const { append, log, clock } = logWorld({ keepMs: 60_000 })
    append()
    clock.advance(59_999)
    expect(log.inspect()).toMatchObject({ first: 0, next: 1 })
    append()
    clock.advance(1)
    expect(log.inspect()).toMatchObject({ first: 1, next: 2 })
    clock.advance(120_000)
    expect(clock.timers).toBe(0)
    expect(log.inspect()).toMatchObject({ first: 2, next: 2 })
  })

  it('by age removes nothing when the wall clock jumps', () => {
    const { append, log, clock } = logWorld({ keepMs: 60_000 })
    append()
    clock.jump(3_600_000)
    append()
    clock.jump(-7_200_000)
    append()
    expect(log.inspect()).toMatchObject({ first: 0, next: 3 })
    clock.advance(60_000)
    expect(log.inspect()).toMatchObject({ first: 3, next: 3 })
  })

  it('whichever limit is reached first', () => {
    const { append, log } = logWorld({ keepCount: 10, keepBytes: 50, keepMs: 1_000 })
    for (let n = 0; n < 20; n++) append({ bytes: 10 })
    expect(log.inspect()).toMatchObject({ first: 15, next: 20 })
  })

  it('counts out what it counted in, although a body learnt its exact size meanwhile', () => {
    const records = createLogRecords()
    let size = 100
    const message = messageTo('radar.point.KL1')
    const body = { ...message.body, codec: 'json', bytes: () => new Uint8Array(7), retain() {} }
    records.append({ ...message, body: Object.defineProperty(body, 'size', { get: () => size }) }, 0, 0)
    size = 7
    records.removeFirst()
    expect(records.bytes).toBe(0)
  })
})

describe('a reader that retention overtakes', () => {
  it('S1 hears exactly what it missed and goes on with the oldest record', () => {
    const { append, consume, settle } = logWorld({ keepCount: 10 })
    for (let n = 0; n < 20; n++) append()
    const { seen } = consume({ start: { offset: 3 } })
    settle()
    expect(seen).toEqual(['gap 3-9', 10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  })

  it('S1 from the start hears of no gap', () => {
    const { append, consume, settle } = logWorld({ keepCount: 2 })
    for (let n = 0; n < 20; n++) append()
    const { seen } = consume({ start: 'start' })
    settle()
    expect(seen).toEqual([18, 19])
  })

  it('F39 adds up while it is slow: what it saw and what it missed is everything', () => {
    const { append, consume, settle } = logWorld({ keepCount: 500 })
    const { claims, gaps, consumer } = consume({ on: () => undefined })
    for (let n = 0; n < 10_000; n++) append()
    settle()
    for (let read = 0; read < 10_000; read++) {
      const claim = claims[read]
      if (claim === undefined) break
      consumer.settle(claim.token, { kind: 'done' })
      consumer.credit(1)
      settle()
    }
    const missed = gaps.reduce((sum, gap) => sum + gap.count, 0)
    expect(gaps.length).toBeGreaterThan(0)
    expect(claims.length + missed).toBe(10_000)
    expect(claims.at(-1)?.offset).toBe(9_999)
  })

  it('S1 hears of a purge as a gap', () => {
    const { append, consume, settle, log } = logWorld()
    for (let n = 0; n < 5; n++) append()
    log.purge()
    append()
    const { seen } = consume({ start: { offset: 1 }, until: 'now' })
    settle()
    expect(seen).toEqual(['gap 1-4', 5, 'ended'])
  })

  it('S1 until now is told of no more than it wanted to read', () => {
    const { append, consume, settle } = logWorld({ keepCount: 2 })
    append()
    append()
    const { seen } = consume({ start: { offset: 0 }, until: 'now' })
    for (let n = 0; n < 10; n++) append()
    settle()
    expect(seen).toEqual(['gap 0-1', 'ended'])
  })
})
