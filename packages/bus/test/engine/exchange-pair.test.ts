/** Pairs: one peer on each side, both ways in order, and each learns at once how it ended. */

import { describe, expect, it } from 'vitest'
import { exchangeWorld, part, reply } from './exchange-world.js'

const line = (gate: string): string => `tower.ask.${gate}`

describe('a pair', () => {
  it('X1 carries parts both ways in order, also those said before it was accepted', () => {
    const { open, accept, settle } = exchangeWorld('pair')
    const { accepted } = accept()
    const { exchange, peer } = open()
    for (const text of ['a', 'b']) void exchange.send(part(text))
    settle()
    for (const text of ['1', '2', '3']) void accepted[0]?.exchange.send(part(text))
    void exchange.send(part('c'))
    expect(accepted[0]?.peer.heard).toEqual(['a', 'b', 'c'])
    expect(peer.heard).toEqual(['1', '2', '3'])
  })

  it('X1 keeps the order of what was said before acceptance beyond the window', async () => {
    const { open, accept, settle } = exchangeWorld('pair')
    const { accepted } = accept()
    const { exchange } = open()
    const sent = Array.from({ length: 40 }, (_, n) => exchange.send(part(`${n}`)))
    expect(sent.findIndex((one) => one !== undefined)).toBe(16)
    settle()
    await Promise.all(sent)
    expect(accepted[0]?.peer.heard).toEqual(Array.from({ length: 40 }, (_, n) => `${n}`))
  })

  it('X1 a second dialer of an address gets PAIR_TAKEN, another address does not', () => {
    const { open, accept, settle } = exchangeWorld('pair', ['gate'])
    const { accepted } = accept({ pattern: 'tower.ask.*' })
    const first = open({ to: line('A'), text: 'A' })
    const second = open({ to: line('A') })
    const other = open({ to: line('B'), text: 'B' })
    settle()
    expect(second.peer.heard).toEqual(['PAIR_TAKEN'])
    expect(accepted.map((one) => one.text)).toEqual(['A', 'B'])
    expect([first.peer.heard, other.peer.heard]).toEqual([[], []])
  })

  it('X1 an address can be dialed again once its pair has ended', () => {
    const { open, accept, settle } = exchangeWorld('pair')
    const { accepted } = accept()
    open().exchange.close({ code: 'CANCELLED' })
    const first = open()
    settle()
    first.exchange.close({ code: 'DONE' })
    open()
    settle()
    expect(accepted).toHaveLength(2)
  })

  it('X1 an address that is served cannot be accepted again, nor a pattern that covers it', () => {
    const { accept } = exchangeWorld('pair', ['gate'])
    const { acceptor } = accept({ pattern: line('A') })
    for (const pattern of [line('A'), 'tower.ask.*', 'tower.ask.**']) {
      expect(() => accept({ pattern })).toThrow(expect.objectContaining({ code: 'PAIR_TAKEN' }))
    }
    accept({ pattern: line('B') })
    acceptor.leave()
    accept({ pattern: line('A') })
    expect(() => accept({ pattern: 'tower.ask.*' })).toThrow('PAIR_TAKEN')
  })

  it('X1 an acceptor that starts again has the pairs it had, and no room for more than before', () => {
    const { open, accept, settle } = exchangeWorld('pair', ['gate'])
    const { acceptor, accepted } = accept({ pattern: 'tower.ask.*', concurrency: 1 })
    const first = open({ to: line('A') })
    settle()
    acceptor.stop()
    const nobody = open({ to: line('B') })
    settle()
    expect(nobody.peer.heard).toEqual(['NO_RESPONDER'])
    const later: string[] = []
    acceptor.restart(
      ({ message }) => {
        later.push(message.address)
        return { part() {}, closed() {} }
      },
      () => {},
    )
    open({ to: line('B') })
    settle()
    expect([accepted.length, later]).toEqual([1, []])
    first.exchange.close({ code: 'DONE' })
    settle()
    expect(later).toEqual([line('B')])
  })

  it('X1 an acceptor whose place was taken meanwhile does not start again', () => {
    const { accept } = exchangeWorld('pair')
    const { acceptor } = accept()
    acceptor.stop()
    accept()
    expect(() =>
      acceptor.restart(
        () => ({ part() {}, closed() {} }),
        () => {},
      ),
    ).toThrow('PAIR_TAKEN')
  })

  it('ends with NO_RESPONDER when nobody accepts', () => {
    const { open, settle } = exchangeWorld('pair')
    const { peer, exchange } = open()
    void exchange.send(part('lost'))
    settle()
    expect(peer.heard).toEqual(['NO_RESPONDER'])
  })

  it('X1 tells the dialer PEER_GONE when the accepter leaves', async () => {
    const { open, accept, settle } = exchangeWorld('pair')
    const { accepted, acceptor } = accept()
    const { exchange, peer } = open()
    settle()
    acceptor.leave()
    expect(peer.heard).toEqual(['PEER_GONE'])
    expect(accepted[0]?.peer.heard).toEqual(['PEER_GONE'])
    await expect(exchange.send(part('x'))).rejects.toMatchObject({ code: 'PEER_GONE' })
  })

  it('X1 tells each side how the other closed it', () => {
    const { open, accept, settle } = exchangeWorld('pair')
    const { accepted } = accept()
    const one = open()
    settle()
    one.exchange.close({ code: 'PEER_GONE' })
    const two = open()
    settle()
    accepted[1]?.exchange.close({ code: 'DONE' })
    expect([accepted[0]?.peer.heard, one.peer.heard]).toEqual([['PEER_GONE'], ['PEER_GONE']])
    expect([accepted[1]?.peer.heard, two.peer.heard]).toEqual([['DONE'], ['DONE']])
  })

  it('ends with DONE only when both sides have said end', async () => {
    const { open, accept, settle } = exchangeWorld('pair')
    const { accepted } = accept()
    const { exchange, peer } = open()
    settle()
    void accepted[0]?.exchange.send(reply('bye'))
    expect(peer.heard).toEqual(['bye'])
    await expect(accepted[0]?.exchange.send(part('more'))).rejects.toMatchObject({ code: 'CLOSED' })
    void exchange.send(part('one more'))
    void exchange.send(reply('bye'))
    expect(peer.heard).toEqual(['bye', 'DONE'])
    expect(accepted[0]?.peer.heard).toEqual(['one more', 'bye', 'DONE'])
  })

  it('waits while the accepter has as many as it wants', () => {
    const { open, accept, settle } = exchangeWorld('pair', ['gate'])
    const { accepted } = accept({ pattern: 'tower.ask.*', concurrency: 1 })
    const first = open({ to: line('A'), text: 'A' })
    open({ to: line('B'), text: 'B' })
    settle()
    expect(accepted.map((one) => one.text)).toEqual(['A'])
    first.exchange.close({ code: 'DONE' })
    settle()
    expect(accepted.map((one) => one.text)).toEqual(['A', 'B'])
  })
})
