/** Frames that are lost, come twice or late: never a part missing in silence, never one twice, never out of order. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Frame } from '../../src/index.js'
import type { Fate } from './loopback-broker.js'
import { bodyOf, channelOf, type Offer, recite, settled, speak, world } from './world.js'

const streamed = channelOf('request', true)
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
const isPart = ({ headers }: Frame): boolean => headers['busbar-control'] === undefined
const codes = ({ closings }: { closings: readonly { code: string }[] }) => closings.map(({ code }) => code)

async function streaming(fateOf: (frame: Frame) => Fate, count = 10) {
  const all = world()
  const [caller, responder] = [all.link(), all.link()]
  all.broker.fateOf = fateOf
  const { offers } = await all.serve(responder, streamed, (offer) => recite(offer, count))
  const call = all.ask(caller, streamed, 1, { timeoutMs: 60_000 })
  await settled()
  return { ...all, call, offers }
}

describe('frames that go astray', () => {
  it('R1 a lost part ends the request with DISCONNECTED on both sides', async () => {
    const { call, offers } = await streaming((frame) =>
      frame.headers['busbar-part'] === '4' ? 'lost' : undefined,
    )
    expect(call.heard).toEqual([0, 1, 2])
    expect(codes(call)).toEqual(['DISCONNECTED'])
    expect(offers[0]?.closings.length).toBe(1)
  })

  it('R1 a lost last part is noticed by the end, which says how many there were', async () => {
    const { call } = await streaming((frame) =>
      isPart(frame) && frame.headers['busbar-part'] === '10' ? 'lost' : undefined,
    )
    expect(call.heard).toEqual(upTo(9))
    expect(codes(call)).toEqual(['DISCONNECTED'])
  })

  it('R1 parts that come twice are heard once', async () => {
    const { call } = await streaming(() => 'twice')
    expect(call.heard).toEqual(upTo(10))
    expect(codes(call)).toEqual(['DONE'])
  })

  it('R1 what a responder says of how far it is shows that its last words were lost', async () => {
    const all = world({ heartbeatMs: 1_000 })
    const [caller, responder] = [all.link(), all.link()]
    const { offers } = await all.serve(responder, streamed)
    const call = all.ask(caller, streamed, 1, { timeoutMs: 60_000 })
    await settled()
    const [offer] = offers as [Offer]
    void offer.exchange.send({ body: bodyOf('heard') })
    await settled()
    all.broker.fateOf = (frame) => (isPart(frame) ? 'lost' : undefined)
    void offer.exchange.send({ body: bodyOf('lost') })
    await settled()
    expect(codes(call)).toEqual([])
    await all.clock.pass(1_000)
    expect([call.heard, codes(call)]).toEqual([['heard'], ['DISCONNECTED']])
  })

  const fates = fc.infiniteStream(
    fc.oneof<fc.WeightedArbitrary<Fate>[]>(
      { arbitrary: fc.constant(undefined), weight: 6 },
      { arbitrary: fc.constantFrom<Fate>('lost', 'twice', 'delayed'), weight: 1 },
    ),
  )

  it('R1 whatever happens, a caller hears the first parts in order and one end; all of them if that is DONE', async () => {
    const ends = new Set<string>()
    let most = 0
    await fc.assert(
      fc.asyncProperty(fates, async (stream) => {
        const { call, clock } = await streaming(() => stream.next().value, 30)
        await clock.pass(61_000)
        expect(call.heard).toEqual(upTo(call.heard.length))
        expect(call.closings.length).toBe(1)
        if (call.closings[0]?.code === 'DONE') expect(call.heard.length).toBe(30)
        most = Math.max(most, call.heard.length)
        ends.add(call.closings[0]?.code ?? '')
      }),
      { numRuns: 60 },
    )
    // Not in vain: some were cut short, and not before they began.
    expect(ends).toContain('DISCONNECTED')
    expect(most).toBeGreaterThan(0)
  })

  it('X1 whatever happens, both sides of a pair hear everything once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fates, async (stream) => {
        const all = world({ heartbeatMs: 1_000 })
        const [dialing, accepting] = [all.link(), all.link()]
        const channel = channelOf('pair')
        const { offers } = await all.serve(accepting, channel)
        const dialer = all.ask(dialing, channel, 'hello')
        await settled()
        const [accepter] = offers as [Offer]
        let isRough = true
        all.broker.fateOf = () => (isRough ? stream.next().value : undefined)
        speak(dialer, 40, 'y'.repeat(500))
        speak(accepter, 40)
        await all.clock.pass(1_500)
        isRough = false
        await all.clock.pass(10_000)
        expect(accepter.heard).toEqual(upTo(40).map((n) => ({ n, ballast: 'y'.repeat(500) })))
        expect(dialer.heard).toEqual(upTo(40))
        expect([codes(accepter), codes(dialer)]).toEqual([['DONE'], ['DONE']])
      }),
      { numRuns: 60 },
    )
  })
})
