/** Windows: a slow side holds the other back, and nothing between them grows. */

import type { Part } from 'busbar/transport'
import { describe, expect, it } from 'vitest'
import { bodyOf, channelOf, type Offer, recite, settled, speak, world } from './world.js'

const ballast = 'x'.repeat(1_000)
const windowBytes = 16_384

describe('windows of an exchange', () => {
  it('a responder says no more than the caller has room for, and all of it in the end', async () => {
    const { ask, serve, link } = world({ windowBytes })
    const [caller, responder] = [link(), link()]
    const channel = channelOf('request', true)
    let progress = { said: 0 }
    await serve(responder, channel, (offer) => {
      progress = recite(offer, 200, ballast)
    })
    const release: (() => void)[] = []
    const slow = () => new Promise<void>((resolve) => release.push(resolve))
    const call = ask(caller, channel, 1, { timeoutMs: 60_000, slow })
    await settled()
    // Each part counts its body and what surrounds it.
    const room = Math.ceil(windowBytes / (ballast.length + 64))
    expect(progress.said).toBeLessThanOrEqual(room)
    expect(call.parts.length).toBeLessThanOrEqual(room)
    let freed = 0
    while (call.closings.length === 0) {
      expect(call.parts.length - freed).toBeLessThanOrEqual(room)
      // The last first: credit must not run ahead of what is free.
      const next = release.pop()
      expect(next).toBeDefined()
      next?.()
      freed += 1
      await settled()
    }
    expect(call.heard).toEqual(Array.from({ length: 200 }, (_, n) => ({ n, ballast })))
    expect(call.closings).toEqual([{ code: 'DONE' }])
  })

  it('credit is that of the first parts: small ones that are taken early make no room for a large one', async () => {
    const { ask, serve, link, clock } = world({ windowBytes, heartbeatMs: 1_000 })
    const [caller, responder] = [link(), link()]
    const channel = channelOf('request', true)
    const { offers } = await serve(responder, channel)
    const slow = (part: Part) => (part.body.size > 10_000 ? new Promise<void>(() => undefined) : undefined)
    ask(caller, channel, 1, { timeoutMs: 60_000, slow })
    await settled()
    const [offer] = offers as [Offer]
    void offer.exchange.send({ body: bodyOf('x'.repeat(15_000)) })
    const progress = recite(offer, 500, 'small')
    await settled()
    const { said } = progress
    expect(said).toBeLessThan(20)
    await clock.pass(5_000)
    expect(progress.said).toBe(said)
  })

  it('a side that does not wait is refused with QUEUE_FULL beyond 1,024 waiting parts', async () => {
    const { ask, serve, link } = world({ windowBytes })
    const [caller, responder] = [link(), link()]
    const channel = channelOf('request', true)
    const { offers } = await serve(responder, channel)
    ask(caller, channel, 1, { timeoutMs: 60_000, slow: () => new Promise<void>(() => undefined) })
    await settled()
    const [offer] = offers
    const refused: string[] = []
    let said = 0
    for (let n = 0; n < 1_100; n++) {
      const sent = offer?.exchange.send({ body: bodyOf({ n, ballast }) })
      if (sent === undefined) said += 1
      else sent.catch((error: Error) => refused.push(error.message))
    }
    await settled()
    expect(said).toBe(Math.ceil(windowBytes / (bodyOf({ n: 0, ballast }).size + 64)))
    expect(refused.length).toBe(1_100 - said - 1_024)
    expect(refused[0]).toContain('QUEUE_FULL')
  })

  it('a side that says more than its window allows is cut off with PROTOCOL_ERROR', async () => {
    const { ask, serve, link, broker } = world({ windowBytes })
    const [caller, responder] = [link(), link()]
    const channel = channelOf('request', true)
    await serve(responder, channel, (offer) => recite(offer, 200, ballast))
    // A responder that was given more than the caller has said it takes.
    broker.onOpening = (frame) => ({
      ...frame,
      headers: { ...frame.headers, 'busbar-window': '1000000' },
    })
    const slow = () => new Promise<void>(() => undefined)
    const call = ask(caller, channel, 1, { timeoutMs: 60_000, slow })
    await settled()
    expect(call.closings.map(({ code }) => code)).toEqual(['PROTOCOL_ERROR'])
    expect(call.parts.length).toBe(Math.ceil(windowBytes / (bodyOf({ n: 0, ballast }).size + 64)))
  })

  it('X1 the sides of a pair have windows of their own', async () => {
    const { ask, serve, link } = world({ windowBytes })
    const [dialing, accepting] = [link(), link()]
    const channel = channelOf('pair')
    const gate: (() => void)[] = []
    const slow = () => new Promise<void>((resolve) => gate.push(resolve))
    const { offers } = await serve(accepting, channel, undefined, { slow })
    const dialer = ask(dialing, channel, 'hello')
    await settled()
    const held = speak(dialer, 100, ballast)
    const [accepter] = offers as [Offer]
    const free = speak(accepter, 100, ballast)
    await settled()
    expect(held.said).toBeLessThan(20)
    expect(free.said).toBe(100)
    for (let freed = 0; freed < 100; freed++) {
      gate.shift()?.()
      await settled()
    }
    const all = Array.from({ length: 100 }, (_, n) => ({ n, ballast }))
    expect(accepter.heard).toEqual(all)
    expect(dialer.heard).toEqual(all)
    expect([accepter.closings, dialer.closings]).toEqual([[{ code: 'DONE' }], [{ code: 'DONE' }]])
  })
})
