/** Requests whose acceptors are all busy: order, bounds, and that nothing is left behind. */

import { describe, expect, it } from 'vitest'
import { exchangeWorld, reply } from './exchange-world.js'

describe('a request that finds every acceptor busy', () => {
  it('waits in order until one is free', () => {
    const { open, accept, settle } = exchangeWorld()
    const { accepted } = accept({ concurrency: 2 })
    for (const text of ['a', 'b', 'c', 'd']) open({ text })
    settle()
    expect(accepted.map((one) => one.text)).toEqual(['a', 'b'])
    void accepted[1]?.exchange.send(reply('done'))
    settle()
    void accepted[0]?.exchange.send(reply('done'))
    settle()
    expect(accepted.map((one) => one.text)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('F42 is not captured by a slow acceptor when another is free', () => {
    const { open, accept, settle } = exchangeWorld()
    const slow = accept({ concurrency: 1 })
    const quick = accept({ concurrency: 1, on: ({ exchange }) => exchange.send(reply('ok')) })
    const peers = Array.from({ length: 20 }, () => open().peer)
    settle()
    expect(slow.accepted).toHaveLength(1)
    expect(quick.accepted).toHaveLength(19)
    expect(peers.filter((peer) => peer.heard.includes('DONE'))).toHaveLength(19)
  })

  it('is handed to a new acceptor', () => {
    const { open, accept, settle } = exchangeWorld()
    accept({ concurrency: 1 })
    for (const text of ['a', 'b']) open({ text })
    settle()
    const second = accept()
    settle()
    expect(second.accepted.map((one) => one.text)).toEqual(['b'])
  })

  it('R1 times out while it waits and is not handed over afterwards', () => {
    const { open, accept, settle, clock, broker } = exchangeWorld()
    const { accepted } = accept({ concurrency: 1 })
    open()
    const { peer } = open({ timeoutMs: 50 })
    settle()
    clock.advance(50)
    expect(peer.heard).toEqual(['TIMEOUT'])
    expect(broker.inspect()).toMatchObject({ ready: 0, leased: 1, expired: 1 })
    void accepted[0]?.exchange.send(reply('done'))
    settle()
    expect(accepted).toHaveLength(1)
  })

  it('is refused with QUEUE_FULL beyond 10,000', () => {
    const { open, accept, settle, broker } = exchangeWorld()
    accept({ concurrency: 1 })
    open()
    settle()
    const peers = Array.from({ length: 10_001 }, () => open().peer)
    settle()
    expect(peers.filter((peer) => peer.heard.length > 0)).toHaveLength(1)
    expect(peers[10_000]?.heard).toEqual(['QUEUE_FULL'])
    expect(broker.inspect()).toMatchObject({ ready: 10_000, leased: 1, dropped: 1 })
  })

  it('ends with NO_RESPONDER when the last acceptor stops, which finishes what it has', () => {
    const { open, accept, settle } = exchangeWorld()
    const { accepted, acceptor } = accept({ concurrency: 1 })
    const first = open()
    const second = open()
    settle()
    acceptor.stop()
    expect(second.peer.heard).toEqual(['NO_RESPONDER'])
    void accepted[0]?.exchange.send(reply('still here'))
    expect(first.peer.heard).toEqual(['still here', 'DONE'])
  })

  it('reaches only acceptors of its address, exact ones first', () => {
    const { open, accept, settle } = exchangeWorld('request', ['gate', 'desk'])
    const all = accept({ pattern: 'tower.ask.**', concurrency: 2 })
    const own = accept({ pattern: 'tower.ask.A.1', concurrency: 1 })
    const row = accept({ pattern: 'tower.ask.B.*', concurrency: 1 })
    for (const to of ['A.1', 'A.1', 'C.1', 'B.7', 'A.1']) open({ to: `tower.ask.${to}`, text: to })
    settle()
    expect(own.accepted.map((one) => one.text)).toEqual(['A.1'])
    expect(all.accepted.map((one) => one.text)).toEqual(['A.1', 'C.1'])
    expect(row.accepted.map((one) => one.text)).toEqual(['B.7'])
    void row.accepted[0]?.exchange.send(reply('ok'))
    settle()
    expect(row.accepted).toHaveLength(1)
    void own.accepted[0]?.exchange.send(reply('ok'))
    settle()
    expect(own.accepted.map((one) => one.text)).toEqual(['A.1', 'A.1'])
  })

  it('is removed by purge with CANCELLED', () => {
    const { open, accept, settle, broker } = exchangeWorld()
    accept({ concurrency: 1 })
    open()
    const { peer } = open()
    settle()
    expect(broker.purge()).toBe(1)
    expect(peer.heard).toEqual(['CANCELLED'])
    expect(broker.inspect()).toMatchObject({ received: 2, ready: 0, leased: 1, purged: 1, dropped: 0 })
  })
})

describe('a broker of requests', () => {
  it('F35 100,000 requests with no responder leave nothing behind', () => {
    const { open, settle, broker, clock } = exchangeWorld()
    let answered = 0
    for (let n = 0; n < 100_000; n++) {
      const { peer } = open({ timeoutMs: 30_000 })
      if (n % 1_000 === 999) settle()
      if (n % 1_000 === 999) answered += peer.heard[0] === 'NO_RESPONDER' ? 1 : 0
    }
    expect(answered).toBe(100)
    expect(broker.inspect()).toMatchObject({ received: 100_000, ready: 0, leased: 0, dropped: 100_000 })
    // One timer serves all deadlines; it finds nothing to do and is not set again.
    expect(clock.timers).toBe(1)
    clock.advance(30_000)
    expect(clock.timers).toBe(0)
  })

  it('Q1 counts add up after every kind of end', () => {
    const { open, accept, settle, broker, clock } = exchangeWorld()
    const { accepted } = accept({ concurrency: 3 })
    for (let n = 0; n < 6; n++) open({ timeoutMs: 100 })
    settle()
    void accepted[0]?.exchange.send(reply('x'))
    accepted[1]?.exchange.close({ code: 'REMOTE_ERROR' })
    settle()
    const { received, ready, leased, done, dropped } = broker.inspect()
    expect({ received, ready, leased, done, dropped }).toEqual({
      received: 6,
      ready: 1,
      leased: 3,
      done: 1,
      dropped: 1,
    })
    clock.advance(100)
    expect(broker.inspect()).toMatchObject({ ready: 0, leased: 0, done: 1, dropped: 1, expired: 4 })
  })

  it('F85 ends everything with CLOSED and cancels its timer', () => {
    const { open, accept, settle, broker, clock } = exchangeWorld()
    const { accepted, ended } = accept({ concurrency: 1 })
    const running = open({ timeoutMs: 100 })
    const waiting = open({ timeoutMs: 100 })
    settle()
    const fresh = open({ timeoutMs: 100 })
    broker.close()
    settle()
    for (const { peer } of [running, waiting, fresh]) expect(peer.heard).toEqual(['CLOSED'])
    expect(accepted[0]?.peer.heard).toEqual(['CLOSED'])
    expect(ended).toEqual(['CLOSED'])
    expect(clock.timers).toBe(0)
  })
})
