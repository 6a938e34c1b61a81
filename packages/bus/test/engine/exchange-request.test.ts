/** Requests at the engine: who gets them, what comes back, and every way they end. */

import { describe, expect, it } from 'vitest'
import { exchangeWorld, part, RecordingPeer, reply } from './exchange-world.js'

describe('a request', () => {
  it('R1 is answered once: the part, then DONE, for both sides', () => {
    const { open, accept, settle } = exchangeWorld()
    const { accepted } = accept({ on: ({ exchange, text }) => exchange.send(reply(`${text}!`)) })
    const { peer } = open({ text: 'hello' })
    settle()
    expect(peer.heard).toEqual(['hello!', 'DONE'])
    expect(accepted[0]?.peer.heard).toEqual(['DONE'])
  })

  it('never reaches an acceptor in the stack of its opener', () => {
    const { open, accept, settle } = exchangeWorld()
    const { accepted } = accept()
    open()
    expect(accepted).toHaveLength(0)
    settle()
    expect(accepted).toHaveLength(1)
  })

  it('R1 ends with NO_RESPONDER when nobody serves it, after open has returned', () => {
    const { open, settle } = exchangeWorld()
    const { peer } = open()
    expect(peer.heard).toEqual([])
    settle()
    expect(peer.heard).toEqual(['NO_RESPONDER'])
  })

  it('R1 ends with NO_RESPONDER when only other addresses are served', () => {
    const { open, accept, settle } = exchangeWorld('request', ['gate'])
    accept({ pattern: 'tower.ask.A1' })
    const { peer } = open({ to: 'tower.ask.A2' })
    settle()
    expect(peer.heard).toEqual(['NO_RESPONDER'])
  })

  it('R2 goes to one acceptor only, and acceptors take turns', () => {
    const { open, accept, settle } = exchangeWorld()
    const one = accept()
    const two = accept()
    for (let n = 0; n < 10; n++) open()
    settle()
    expect([one.accepted.length, two.accepted.length]).toEqual([5, 5])
  })

  it('R2 is not given to anybody else when its acceptor leaves: DISCONNECTED on both sides', () => {
    const { open, accept, settle } = exchangeWorld()
    const first = accept()
    const { peer } = open()
    settle()
    const second = accept()
    first.acceptor.leave()
    settle()
    expect(peer.heard).toEqual(['DISCONNECTED'])
    expect(first.accepted[0]?.peer.heard).toEqual(['DISCONNECTED'])
    expect(second.accepted).toHaveLength(0)
  })

  it('that was not handed over yet goes to somebody else when its acceptor leaves', () => {
    const { open, accept, settle } = exchangeWorld()
    const first = accept({ concurrency: 1 })
    const { peer } = open({ text: 'a' })
    open({ text: 'b' })
    settle()
    // 'b' is assigned to the first acceptor at once but handed over later; it leaves in between.
    void first.accepted[0]?.exchange.send(reply('x'))
    const second = accept()
    first.acceptor.leave()
    settle()
    expect(peer.heard).toEqual(['x', 'DONE'])
    expect(first.accepted.map((one) => one.text)).toEqual(['a'])
    expect(second.accepted.map((one) => one.text)).toEqual(['b'])
  })

  it('R3 hears nothing of late and second replies; the replier is refused', async () => {
    const { open, accept, settle } = exchangeWorld()
    const { accepted } = accept()
    const { peer } = open()
    settle()
    const exchange = accepted[0]!.exchange
    void exchange.send(reply('first'))
    await expect(exchange.send(reply('second'))).rejects.toMatchObject({ code: 'CLOSED' })
    expect(peer.heard).toEqual(['first', 'DONE'])
  })

  it('R1 ends with TIMEOUT at its deadline for both sides, and a late reply is refused', async () => {
    const { open, accept, settle, clock } = exchangeWorld()
    const { accepted } = accept()
    const { peer } = open({ timeoutMs: 1_000 })
    clock.advance(400)
    settle()
    expect(accepted[0]?.timeoutMs).toBe(600)
    clock.advance(599)
    expect(peer.heard).toEqual([])
    clock.advance(1)
    expect(peer.heard).toEqual(['TIMEOUT'])
    expect(accepted[0]?.peer.heard).toEqual(['TIMEOUT'])
    await expect(accepted[0]?.exchange.send(reply('late'))).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('R1 keeps its deadline when the wall clock jumps', () => {
    const { open, accept, settle, clock } = exchangeWorld()
    accept()
    clock.jump(1_800_000)
    const { peer } = open({ timeoutMs: 1_000 })
    settle()
    clock.jump(3_600_000)
    clock.advance(999)
    expect(peer.heard).toEqual([])
    clock.jump(-7_200_000)
    clock.advance(1)
    expect(peer.heard).toEqual(['TIMEOUT'])
  })

  it('R1 with no time left is not handed over', () => {
    const { open, accept, settle } = exchangeWorld()
    const { accepted } = accept()
    const { peer } = open({ timeoutMs: 0 })
    settle()
    expect(peer.heard).toEqual(['TIMEOUT'])
    expect(accepted).toHaveLength(0)
  })

  it('R1 deadlines of many requests pass in their own order, whatever was cancelled between', () => {
    const { open, accept, settle, clock } = exchangeWorld()
    accept({ concurrency: 1_000 })
    const late: number[] = []
    const exchanges = Array.from({ length: 300 }, (_, n) => {
      const timeoutMs = 1 + ((n * 7_919) % 997)
      const peer = new RecordingPeer()
      peer.closed = ({ code }) => void (code === 'TIMEOUT' && late.push(timeoutMs, clock.monotonic()))
      return { timeoutMs, exchange: open({ timeoutMs, peer }).exchange }
    })
    settle()
    for (let n = 0; n < 300; n += 3) exchanges[n]?.exchange.close({ code: 'CANCELLED' })
    clock.advance(2_000)
    const expected = exchanges.filter((_, n) => n % 3 !== 0).map((one) => one.timeoutMs)
    expect(late.filter((_, n) => n % 2 === 0)).toEqual(expected.sort((a, b) => a - b))
    expect(late.every((value, n) => n % 2 === 0 || value === late[n - 1])).toBe(true)
  })

  it('R1 that is cancelled reaches the acceptor with the reason', () => {
    const { open, accept, settle } = exchangeWorld()
    const { accepted } = accept()
    const { exchange, peer } = open()
    settle()
    exchange.close({ code: 'CANCELLED', message: 'no longer needed' })
    exchange.close({ code: 'CANCELLED' })
    expect(peer.heard).toEqual(['CANCELLED'])
    expect(accepted[0]?.peer.closes).toEqual([{ code: 'CANCELLED', message: 'no longer needed' }])
  })

  it('that is cancelled before it is handed over is never handed over', () => {
    const { open, accept, settle } = exchangeWorld()
    const { accepted } = accept()
    const { exchange, peer } = open()
    exchange.close({ code: 'CANCELLED' })
    settle()
    expect(peer.heard).toEqual(['CANCELLED'])
    expect(accepted).toHaveLength(0)
  })

  it('passes on how the acceptor closed it', () => {
    const { open, accept, settle } = exchangeWorld()
    accept({ on: ({ exchange }) => exchange.close({ code: 'REMOTE_ERROR', message: 'broke' }) })
    const { peer } = open()
    settle()
    expect(peer.closes).toEqual([{ code: 'REMOTE_ERROR', message: 'broke' }])
  })

  it('gives a sequence of replies in order, then DONE', () => {
    const { open, accept, settle } = exchangeWorld()
    const { accepted } = accept()
    const { peer } = open()
    settle()
    const { exchange } = accepted[0]!
    for (const text of ['1', '2', '3']) void exchange.send(part(text))
    expect(peer.heard).toEqual(['1', '2', '3'])
    void exchange.send(reply('4'))
    expect(peer.heard).toEqual(['1', '2', '3', '4', 'DONE'])
  })
})
