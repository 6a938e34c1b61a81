/** Back-pressure inside an exchange: a window of 16 parts, then the sender waits. */

import { describe, expect, it } from 'vitest'
import { exchangeWorld, part, RecordingPeer, reply } from './exchange-world.js'

/** A peer that takes a part only when told to. */
function slowPeer() {
  const takes: (() => void)[] = []
  const peer = new RecordingPeer(() => new Promise<void>((resolve) => void takes.push(resolve)))
  return { peer, takeOne: () => takes.shift()?.() }
}

function running() {
  const world = exchangeWorld()
  const { accepted } = world.accept()
  const slow = slowPeer()
  const opened = world.open({ peer: slow.peer, timeoutMs: 1_000 })
  world.settle()
  return { ...world, ...slow, opened, accepted, exchange: accepted[0]!.exchange }
}

describe('an exchange whose reader is slow', () => {
  it('makes the sender wait beyond 16 parts and goes on in order', async () => {
    const { exchange, peer, takeOne } = running()
    for (let n = 0; n < 16; n++) expect(exchange.send(part(`${n}`))).toBeUndefined()
    let went = false
    const waits = Promise.resolve(exchange.send(part('16'))).then(() => {
      went = true
    })
    await Promise.resolve()
    expect([peer.heard.length, went]).toEqual([16, false])
    takeOne()
    await waits
    expect(peer.heard.at(-1)).toBe('16')
  })

  it('hears DONE only after everything that was said before', async () => {
    const { exchange, peer, takeOne, accepted, broker } = running()
    for (let n = 0; n < 20; n++) void exchange.send(n === 19 ? reply(`${n}`) : part(`${n}`))
    expect(accepted[0]?.peer.heard).toEqual(['DONE'])
    expect(broker.inspect()).toMatchObject({ leased: 0, done: 1 })
    for (let n = 0; n < 4; n++) {
      expect(peer.closes).toEqual([])
      takeOne()
      await Promise.resolve()
      await Promise.resolve()
    }
    expect(peer.heard).toEqual([...Array.from({ length: 20 }, (_, n) => `${n}`), 'DONE'])
  })

  it('is not cut by the deadline once the replier has finished', async () => {
    const { exchange, peer, takeOne, clock } = running()
    for (let n = 0; n < 17; n++) void exchange.send(n === 16 ? reply(`${n}`) : part(`${n}`))
    clock.advance(5_000)
    takeOne()
    await Promise.resolve()
    await Promise.resolve()
    expect(peer.heard.slice(-2)).toEqual(['16', 'DONE'])
  })

  it('that gives up hears nothing more, and waiting senders are refused', async () => {
    const { exchange, peer, takeOne, opened } = running()
    for (let n = 0; n < 16; n++) void exchange.send(part(`${n}`))
    const waiting = exchange.send(part('16'))
    opened.exchange.close({ code: 'CANCELLED' })
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
    takeOne()
    await Promise.resolve()
    expect(peer.heard).toHaveLength(17)
    expect(peer.heard.at(-1)).toBe('CANCELLED')
  })

  it('hears CLOSED when the broker closes while it is still reading', () => {
    const { exchange, peer, broker } = running()
    for (let n = 0; n < 18; n++)
      void Promise.resolve(exchange.send(n === 17 ? reply('x') : part('x'))).catch(() => 0)
    broker.close()
    expect(peer.closes).toEqual([{ code: 'CLOSED', message: 'The broker was closed.' }])
  })

  it('F33 bounds what a sender that does not wait can pile up', async () => {
    const { exchange } = running()
    const ends: Promise<string>[] = []
    for (let n = 0; n < 2_000; n++) {
      const sent = exchange.send(part('x'))
      if (sent !== undefined)
        ends.push(
          sent.then(
            () => 'sent',
            (error: { code: string }) => error.code,
          ),
        )
    }
    exchange.close({ code: 'CANCELLED' })
    const codes = await Promise.all(ends)
    expect(codes.filter((code) => code === 'QUEUE_FULL')).toHaveLength(2_000 - 16 - 1_024)
    expect(codes.filter((code) => code === 'CANCELLED')).toHaveLength(1_024)
  })

  it('a refused part with end leaves the exchange open', async () => {
    const { exchange, peer } = running()
    for (let n = 0; n < 16 + 1_024; n++) void Promise.resolve(exchange.send(part('x'))).catch(() => 0)
    await expect(exchange.send(reply('last'))).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    expect(peer.closes).toEqual([])
    exchange.close({ code: 'CANCELLED' })
  })
})
