/** Signs of life: a side that is gone without a word is missed by the other, one that is slow is not. */

import { describe, expect, it } from 'vitest'
import { answer, bodyOf, channelOf, type Offer, settled, world } from './world.js'

const request = channelOf('request')
const pair = channelOf('pair')
const codes = ({ closings }: { closings: readonly { code: string }[] }) => closings.map(({ code }) => code)

async function opened(kind: typeof request) {
  const all = world({ heartbeatMs: 1_000 })
  const [near, far] = [all.link(), all.link()]
  const { offers } = await all.serve(far, kind)
  const call = all.ask(near, kind, 'hello', kind === request ? { timeoutMs: 3_600_000 } : {})
  await settled()
  const [offer] = offers as [Offer]
  await all.clock.pass(100)
  return { ...all, near, far, call, offer }
}

describe('heartbeats', () => {
  it.each([
    ['R1 the caller of a responder that died', request, 'far', 'DISCONNECTED'],
    ['R1 the responder of a caller that died', request, 'near', 'CANCELLED'],
    ['X1 the dialer of an accepter that died', pair, 'far', 'PEER_GONE'],
    ['X1 the accepter of a dialer that died', pair, 'near', 'PEER_GONE'],
  ] as const)('%s hears so after three missed signs, not before', async (_, kind, victim, code) => {
    const all = await opened(kind)
    await all.clock.pass(10_000)
    const survivor = victim === 'far' ? all.call : all.offer
    expect(codes(survivor)).toEqual([])
    all[victim].lanes.kill()
    await all.clock.pass(1_900)
    expect(codes(survivor)).toEqual([])
    await all.clock.pass(2_100)
    expect(codes(survivor)).toEqual([code])
  })

  it('an exchange that lasts an hour without a part goes on', async () => {
    const { clock, call, offer } = await opened(request)
    await clock.pass(3_500_000)
    expect([codes(call), codes(offer)]).toEqual([[], []])
    answer(offer, 'at last')
    await settled()
    expect([call.heard, codes(call)]).toEqual([['at last'], ['DONE']])
  })

  it('a broker that knows that an inbox is gone is believed at once', async () => {
    const { clock, near, far, offer } = await opened(pair)
    near.lanes.kill()
    const { send } = far.lanes
    far.lanes.send = (inbox, frame) =>
      inbox === near.lanes.inbox ? 'nobody' : send.call(far.lanes, inbox, frame)
    void offer.exchange.send({ body: bodyOf('anyone?') })
    expect(codes(offer)).toEqual(['PEER_GONE'])
    expect(clock.monotonic()).toBe(100)
  })

  it('R1 a responder that lost its memory is found out by the next sign of life', async () => {
    const { clock, far, call } = await opened(request)
    far.exchanges.onDown({ code: 'DISCONNECTED' })
    expect(codes(call)).toEqual([])
    await clock.pass(1_000)
    expect(codes(call)).toEqual(['DISCONNECTED'])
  })

  it('nothing ticks any more when all is over', async () => {
    const { clock, call, offer } = await opened(request)
    answer(offer, 1)
    await settled()
    expect(codes(call)).toEqual(['DONE'])
    await clock.pass(2_000)
    expect(clock.timers).toBe(0)
  })
})
