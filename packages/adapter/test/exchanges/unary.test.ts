/** The commonest exchange: one question, one answer, and callers and responders that know nothing of Busbar. */

import { describe, expect, it } from 'vitest'
import type { Frame } from '../../src/index.js'
import { answer, channelOf, settled, world } from './world.js'

const channel = channelOf('request')
const text = ({ body }: Frame): string => new TextDecoder().decode(body)

describe('a unary request', () => {
  it('R1 is one frame there and one back, and leaves no timer behind but one', async () => {
    const { ask, serve, link, clock } = world()
    const [caller, responder] = [link(), link()]
    await serve(responder, channel, (offer) => answer(offer, 'A1'))
    for (let n = 0; n < 100; n++) {
      const call = ask(caller, channel, n, { timeoutMs: 1_000 })
      await settled()
      expect(call.heard).toEqual(['A1'])
      expect(call.closings).toEqual([{ code: 'DONE' }])
    }
    expect(caller.lanes.sent.length).toBe(0)
    expect(responder.lanes.sent.length).toBe(100)
    expect(clock.timers).toBeLessThanOrEqual(2)
  })

  it('can be read and answered by a responder that knows only reply addresses', async () => {
    const { ask, link, broker } = world()
    const [caller, foreign] = [link(), broker.link()]
    const seen: Frame[] = []
    broker.serve(foreign, { channel, pattern: channel.name, concurrency: 1 }, (frame) => {
      seen.push(frame)
      const { 'busbar-reply': inbox = '', 'busbar-exchange': id = '' } = frame.headers
      void foreign.send(inbox, {
        headers: { 'busbar-exchange': id },
        body: new TextEncoder().encode('{"gate":7}'),
      })
    })
    const call = ask(caller, channel, { flight: 'KL23' }, { timeoutMs: 1_000 })
    await settled()
    expect(call.heard).toEqual([{ gate: 7 }])
    expect(call.closings).toEqual([{ code: 'DONE' }])
    const [opening] = seen
    expect(opening && text(opening)).toBe('{"flight":"KL23"}')
    expect(opening?.headers).toMatchObject({
      'ce-specversion': '1.0',
      'ce-type': 'air.desk',
      'ce-source': 'desk',
      'content-type': 'application/json',
      'busbar-timeout': '1000',
    })
  })

  it('of a foreign caller gets one plain answer and no control frame, however long it takes', async () => {
    const { serve, link, broker, clock } = world()
    const [responder, foreign] = [link(), broker.link()]
    const { offers } = await serve(responder, channel)
    const heard: Frame[] = []
    foreign.onFrame = (frame) => heard.push(frame)
    const headers = { 'busbar-reply': foreign.inbox }
    await foreign.offer(channel, channel.name, { headers, body: new TextEncoder().encode('{"a":1}') })
    await settled()
    await clock.pass(60_000)
    expect(heard).toEqual([])
    const [offer] = offers
    expect(offer?.asked).toEqual({ a: 1 })
    if (offer !== undefined) answer(offer, 'here')
    await settled()
    expect(heard.map(text)).toEqual(['"here"'])
    expect(heard[0]?.headers['busbar-control']).toBeUndefined()
  })

  it('R2 handed out twice by the broker is handled once', async () => {
    const { ask, serve, link, broker, clock } = world()
    const [caller, responder] = [link(), link()]
    broker.repeatsOpenings = true
    const { offers } = await serve(responder, channel)
    const call = ask(caller, channel, 1, { timeoutMs: 60_000 })
    await settled()
    await clock.pass(1_000)
    expect(offers.length).toBe(1)
    if (offers[0] !== undefined) answer(offers[0], 'once')
    await settled()
    expect(call.heard).toEqual(['once'])
    const quick = await serve(responder, { ...channel, name: 'air.quick' }, (offer) => answer(offer, 'quick'))
    const other = ask(caller, { ...channel, name: 'air.quick' }, 2, { timeoutMs: 60_000 })
    await settled()
    expect([quick.offers.length, other.heard, other.closings.length]).toEqual([1, ['quick'], 1])
  })

  it('R3 whose opening reached two responders has one of them; the other learns it', async () => {
    const { ask, serve, link, broker, clock } = world()
    const [caller, one, two] = [link(), link(), link()]
    const first = await serve(one, channel)
    const second = await serve(two, channel)
    broker.handsToAll = true
    const call = ask(caller, channel, 1, { timeoutMs: 60_000 })
    await settled()
    await clock.pass(100)
    const codes = [first, second].map(({ offers }) => offers[0]?.closings.map(({ code }) => code))
    expect(codes.map(String).sort()).toEqual(['', 'CANCELLED'])
    expect(call.closings).toEqual([])
    const chosen = [first, second].find(({ offers }) => offers[0]?.closings.length === 0)?.offers[0]
    if (chosen !== undefined) answer(chosen, 'mine')
    await settled()
    expect([call.heard, call.closings]).toEqual([['mine'], [{ code: 'DONE' }]])
  })

  it('F35 10,000 requests that nobody serves end at once and leave nothing behind', async () => {
    const { ask, link, clock } = world()
    const caller = link()
    const calls = Array.from({ length: 10_000 }, (_, n) => ask(caller, channel, n, { timeoutMs: 60_000 }))
    await settled()
    expect(new Set(calls.map(({ closings }) => closings.map(({ code }) => code).join()))).toEqual(
      new Set(['NO_RESPONDER']),
    )
    await clock.pass(60_000)
    expect(clock.timers).toBe(0)
  })

  it('R1 cancelled before the responder is known reaches it as soon as that says who it is', async () => {
    const { ask, serve, link, clock } = world({ noticeMs: 40 })
    const [caller, responder] = [link(), link()]
    const { offers } = await serve(responder, channel)
    const call = ask(caller, channel, 1, { timeoutMs: 60_000 })
    await settled()
    call.exchange.close({ code: 'CANCELLED' })
    expect(offers[0]?.closings).toEqual([])
    await clock.pass(40)
    expect(offers[0]?.closings.map(({ code }) => code)).toEqual(['CANCELLED'])
  })
})
