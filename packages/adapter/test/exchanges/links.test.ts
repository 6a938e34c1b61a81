/** Links that are cut, closed, or refuse to send: what runs on them ends as promised, or goes on. */

import { BusError } from 'busbar/transport'
import { describe, expect, it } from 'vitest'
import { cut, heal } from './loopback-transport.js'
import { answer, bodyOf, channelOf, type Offer, settled, speak, world } from './world.js'

const request = channelOf('request')
const codes = ({ closings }: { closings: readonly { code: string }[] }) => closings.map(({ code }) => code)

async function asked() {
  const all = world({ heartbeatMs: 1_000 })
  const [caller, responder] = [all.link(), all.link()]
  const { offers, consumer } = await all.serve(responder, request)
  const call = all.ask(caller, request, 1, { timeoutMs: 60_000 })
  await settled()
  const [offer] = offers as [Offer]
  return { ...all, caller, responder, call, offer, consumer }
}

describe('a cut link', () => {
  it('R1 an answer given while the responder is cut off arrives when it is back', async () => {
    const { responder, call, offer } = await asked()
    cut(responder)
    answer(offer, 'kept')
    await settled()
    expect([call.heard, codes(call), codes(offer)]).toEqual([[], [], []])
    heal(responder)
    await settled()
    expect([call.heard, codes(call), codes(offer)]).toEqual([['kept'], ['DONE'], ['DONE']])
  })

  it('R1 a failure of a responder that is cut off is told when it is back', async () => {
    const { responder, call, offer } = await asked()
    cut(responder)
    offer.exchange.close({ code: 'REMOTE_ERROR', message: 'boom' })
    await settled()
    expect([codes(call), codes(offer)]).toEqual([[], ['REMOTE_ERROR']])
    heal(responder)
    await settled()
    expect(call.closings).toEqual([{ code: 'REMOTE_ERROR', message: 'boom' }])
  })

  it('R1 opens nothing, and says so at once', async () => {
    const { caller, ask } = await asked()
    cut(caller)
    const late = ask(caller, request, 2, { timeoutMs: 60_000 })
    await settled()
    expect(codes(late)).toEqual(['DISCONNECTED'])
  })

  it('X1 a dial that the cut has swallowed is offered again', async () => {
    const { ask, serve, link, clock, broker } = world({ heartbeatMs: 1_000 })
    const [dialing, accepting] = [link(), link()]
    const channel = channelOf('pair')
    const { offers } = await serve(accepting, channel)
    broker.losesOpenings = true
    const dialer = ask(dialing, channel, 'hello')
    await settled()
    cut(dialing)
    broker.losesOpenings = false
    heal(dialing)
    await settled()
    expect(offers.length).toBe(1)
    const [accepter] = offers as [Offer]
    speak(accepter, 3)
    speak(dialer, 3)
    await clock.pass(10)
    expect([accepter.heard, dialer.heard, codes(dialer)]).toEqual([[0, 1, 2], [0, 1, 2], ['DONE']])
  })
})

describe('a link that closes', () => {
  it('F87 waits for what runs, and no longer than its signal', async () => {
    const { responder, call, offer, clock } = await asked()
    const giveUp = new AbortController()
    let isClosed = false
    const closing = responder.exchanges.close(giveUp.signal).then(() => {
      isClosed = true
    })
    await settled()
    expect([isClosed, codes(offer)]).toEqual([false, []])
    giveUp.abort()
    await clock.pass(250)
    await closing
    expect([codes(offer), codes(call)]).toEqual([['CLOSED'], ['DISCONNECTED']])
  })

  it('F87 lets the answer of a running handler out', async () => {
    const { responder, call, offer } = await asked()
    const closing = responder.exchanges.close(new AbortController().signal)
    await settled()
    answer(offer, 'in time')
    await closing
    await settled()
    expect([call.heard, codes(call)]).toEqual([['in time'], ['DONE']])
  })

  it('R1 tells a responder that it has not heard of yet', async () => {
    const { caller, call, offer, clock } = await asked()
    const closing = caller.exchanges.close(AbortSignal.abort())
    expect(codes(call)).toEqual([])
    await clock.pass(25)
    await closing
    expect([codes(call), codes(offer)]).toEqual([['CLOSED'], ['CANCELLED']])
  })
})

describe('a broker that does not take a frame', () => {
  it('F2 a part that is refused at once leaves the exchange as it was', async () => {
    const { responder, call, offer } = await asked()
    const { send } = responder.lanes
    responder.lanes.send = (inbox, frame) => {
      if (frame.body.byteLength > 100) throw new BusError('TOO_LARGE', 'At most 100 bytes.')
      return send.call(responder.lanes, inbox, frame)
    }
    const large = offer.exchange.send({ body: bodyOf('x'.repeat(200)), end: true })
    await expect(large).rejects.toThrow('TOO_LARGE')
    answer(offer, 'small')
    await settled()
    expect([call.heard, codes(call)]).toEqual([['small'], ['DONE']])
  })

  it('F2 an answer that is refused later ends the request by the same name', async () => {
    const { responder, call, offer } = await asked()
    const { send } = responder.lanes
    responder.lanes.send = async (inbox, frame) => {
      if (frame.body.byteLength > 100) throw new BusError('TOO_LARGE', 'At most 100 bytes.')
      return send.call(responder.lanes, inbox, frame)
    }
    const large = offer.exchange.send({ body: bodyOf('x'.repeat(200)), end: true })
    await expect(large).rejects.toThrow('TOO_LARGE')
    await settled()
    expect([call.heard, codes(call)]).toEqual([[], ['TOO_LARGE']])
  })

  it('R1 a request that cannot be offered ends by the name of the reason', async () => {
    const { caller, ask } = await asked()
    caller.lanes.offer = async () => {
      throw new BusError('PERMISSION_DENIED', 'Not here.')
    }
    const call = ask(caller, request, 2, { timeoutMs: 60_000 })
    await settled()
    expect(call.closings).toEqual([{ code: 'PERMISSION_DENIED', message: 'Not here.' }])
  })
})
