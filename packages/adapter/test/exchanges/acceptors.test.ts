/** Acceptors: as many at a time as they asked for, the others in line, bounded, and handed back when they stop. */

import { describe, expect, it } from 'vitest'
import { answer, channelOf, settled, world } from './world.js'

const channel = channelOf('request')
const codes = ({ closings }: { closings: readonly { code: string }[] }) => closings.map(({ code }) => code)

describe('an acceptor', () => {
  it('refuses with QUEUE_FULL what finds its line full, and serves the rest in order', async () => {
    const { ask, serve, link } = world({ maxWaiting: 3 })
    const [caller, responder] = [link(), link()]
    const { offers } = await serve(responder, channel, undefined, { concurrency: 2 })
    const calls = [0, 1, 2, 3, 4, 5].map((n) => ask(caller, channel, n, { timeoutMs: 60_000 }))
    await settled()
    expect(calls.map(codes)).toEqual([[], [], [], [], [], ['QUEUE_FULL']])
    for (let n = 0; n < 5; n++) {
      const offer = offers[n]
      if (offer !== undefined) answer(offer, n)
      await settled()
    }
    expect(offers.map(({ asked }) => asked)).toEqual([0, 1, 2, 3, 4])
    expect(calls.flatMap(codes)).toEqual(['DONE', 'DONE', 'DONE', 'DONE', 'DONE', 'QUEUE_FULL'])
  })

  it('holds the broker back until what waits is handed over', async () => {
    const { ask, serve, link, broker } = world()
    const [caller, responder] = [link(), link()]
    const { offers } = await serve(responder, channel, undefined, { concurrency: 1 })
    ask(caller, channel, 1, { timeoutMs: 60_000 })
    ask(caller, channel, 2, { timeoutMs: 60_000 })
    await settled()
    expect(broker.pulling).toBe(1)
    if (offers[0] !== undefined) answer(offers[0], 1)
    await settled()
    expect([broker.pulling, offers.length]).toEqual([0, 2])
  })

  it('F87 that stops hands back what it has not begun, and somebody else serves it', async () => {
    const { ask, serve, link, clock, broker } = world()
    const [caller, one, two] = [link(), link(), link()]
    const first = await serve(one, channel, undefined, { concurrency: 1 })
    const calls = [1, 2].map((n) => ask(caller, channel, n, { timeoutMs: 60_000 }))
    await settled()
    await clock.pass(100)
    const second = await serve(two, channel, (offer) => answer(offer, 'second'))
    const closing = first.consumer.close()
    await settled()
    expect(second.offers.map(({ asked }) => asked)).toEqual([2])
    expect(calls[1]?.heard).toEqual(['second'])
    expect(broker.pulling).toBe(0)
    if (first.offers[0] !== undefined) answer(first.offers[0], 'first')
    await closing
    await settled()
    expect(calls[0]?.heard).toEqual(['first'])
    expect(await first.consumer.ended).toBeUndefined()
  })

  it('R1 that stops when nobody else serves makes it NO_RESPONDER', async () => {
    const { ask, serve, link } = world()
    const [caller, one] = [link(), link()]
    const { consumer, offers } = await serve(one, channel, undefined, { concurrency: 1 })
    const calls = [1, 2].map((n) => ask(caller, channel, n, { timeoutMs: 60_000 }))
    await settled()
    const closing = consumer.close()
    await settled()
    expect(calls.map(codes)).toEqual([[], ['NO_RESPONDER']])
    if (offers[0] !== undefined) answer(offers[0], 1)
    await closing
  })

  it('R1 does not begin what was cancelled or ran out of time while it waited', async () => {
    const { ask, serve, link, clock } = world()
    const [caller, responder] = [link(), link()]
    const { offers } = await serve(responder, channel, undefined, { concurrency: 1 })
    const giveUp = new AbortController()
    const running = ask(caller, channel, 0, { timeoutMs: 60_000 })
    const late = ask(caller, channel, 1, { timeoutMs: 500 })
    const cancelled = ask(caller, channel, 2, { timeoutMs: 60_000, signal: giveUp.signal })
    const last = ask(caller, channel, 3, { timeoutMs: 60_000 })
    await settled()
    await clock.pass(100)
    giveUp.abort()
    await clock.pass(1_000)
    expect([late, cancelled].map(codes)).toEqual([['TIMEOUT'], ['CANCELLED']])
    if (offers[0] !== undefined) answer(offers[0], 'first')
    await settled()
    expect(offers.map(({ asked }) => asked)).toEqual([0, 3])
    expect([running, last].map(codes)).toEqual([['DONE'], []])
  })

  it('R1 hears the time that is left, not the time there was', async () => {
    const { ask, link, clock } = world()
    const [caller, responder] = [link(), link()]
    const left: (number | undefined)[] = []
    await responder.exchanges.accept(
      { channel, pattern: channel.name, concurrency: 1 },
      ({ timeoutMs, exchange }) => {
        left.push(timeoutMs)
        clock.after(300, () => exchange.close({ code: 'DONE' }))
        return { part() {}, closed() {} }
      },
      new AbortController().signal,
    )
    ask(caller, channel, 1, { timeoutMs: 1_000 })
    ask(caller, channel, 2, { timeoutMs: 1_000 })
    await settled()
    await clock.pass(400)
    expect(left).toEqual([1_000, 700])
  })

  it('numbers that are none in an opening are PROTOCOL_ERROR to its opener', async () => {
    const { ask, serve, link, broker } = world()
    const [caller, responder] = [link(), link()]
    const { offers } = await serve(responder, channel)
    broker.onOpening = (frame) => ({ ...frame, headers: { ...frame.headers, 'busbar-timeout': '-1' } })
    const call = ask(caller, channel, 1, { timeoutMs: 60_000 })
    await settled()
    expect([codes(call), offers.length]).toEqual([['PROTOCOL_ERROR'], 0])
  })
})
