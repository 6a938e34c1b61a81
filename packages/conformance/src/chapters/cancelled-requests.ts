/** Requests that the caller gives up: the responder learns it. */

import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Offer } from '../seam/conversation.js'
import { mailbox } from '../seam/mailbox.js'

export const cancelledRequests = chapter('cancelled-requests', [
  {
    name: 'closing-reaches-the-responder',
    title: 'R1 a caller that closes ends the exchange on both sides',
    proves: 'request.cancel',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers = mailbox<Offer>()
      await responder.accept(topic, (offer) => offers.put(offer))
      await caller.declare(topic)
      const call = caller.open(topic, 1, { timeoutMs: 60_000 })
      const offer = await offers.next('the request')
      call.exchange.close({ code: 'CANCELLED' })
      call.exchange.close({ code: 'CANCELLED' })
      expectSame((await offer.closed('the closing at the responder')).code, 'CANCELLED', 'closing')
      expectSame(call.parts.all.length, 0, 'parts at the caller')
    },
  },
  {
    name: 'signal-reaches-the-responder',
    title: 'R1 aborting the signal closes with CANCELLED on both sides',
    proves: 'request.cancel',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers = mailbox<Offer>()
      await responder.accept(topic, (offer) => offers.put(offer))
      await caller.declare(topic)
      const cancel = new AbortController()
      const call = caller.open(topic, 1, { timeoutMs: 60_000, signal: cancel.signal })
      const offer = await offers.next('the request')
      cancel.abort()
      expectSame((await call.closed('the closing')).code, 'CANCELLED', 'closing at the caller')
      expectSame(
        (await offer.closed('the closing at the responder')).code,
        'CANCELLED',
        'closing at the responder',
      )
    },
  },
  {
    name: 'caller-gone',
    title: 'R1 when the caller’s link goes, the responder learns it',
    proves: 'request.cancel',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers = mailbox<Offer>()
      await responder.accept(topic, (offer) => offers.put(offer))
      await caller.declare(topic)
      caller.open(topic, 1, { timeoutMs: 60_000 })
      const offer = await offers.next('the request')
      await caller.close(AbortSignal.abort())
      const { code } = await offer.closed('the closing at the responder')
      expectThat(code !== 'DONE', `the responder learns that nobody waits, ${code}`)
    },
  },
])
