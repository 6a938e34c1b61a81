/** Replies that are a sequence: in order, at the caller's pace, stoppable. */

import type { Closed } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import { decode } from '../seam/channels.js'
import type { Offer } from '../seam/conversation.js'
import { mailbox } from '../seam/mailbox.js'
import { upTo } from '../seam/values.js'

const DONE: Closed = { code: 'DONE' }
/** Makes parts so large that windows counted in bytes are full soon, as well as those counted in parts. */
const ballast = 'x'.repeat(8_000)
const streamed = { guarantees: { streamed: true } }

/** Says 0, 1, 2 … waiting each time, until `count` or until the exchange is closed; gives how many. */
async function recite(offer: Offer, count: number): Promise<number> {
  for (const n of upTo(count)) {
    try {
      await offer.say(n)
    } catch {
      return n
    }
  }
  offer.exchange.close(DONE)
  return count
}

export const streamedReplies = chapter('streamed-replies', [
  {
    name: 'in-order-then-done',
    title: 'R1 a sequence arrives whole and in order, then its end',
    proves: 'request.streamed',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request', streamed)
      await responder.accept(topic, (offer) => recite(offer, 300))
      await caller.declare(topic)
      const call = caller.open(topic, 1, { timeoutMs: 20_000 })
      expectSame((await call.closed('the closing')).code, 'DONE', 'closing')
      expectSame(
        call.parts.all.map((part) => decode(part.body.bytes())),
        upTo(300),
        'parts',
      )
    },
  },
  {
    name: 'empty-sequence',
    title: 'a sequence may have no parts',
    proves: 'request.streamed',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request', streamed)
      await responder.accept(topic, (offer) => offer.exchange.close(DONE))
      await caller.declare(topic)
      const call = caller.open(topic, 1, { timeoutMs: 20_000 })
      expectSame((await call.closed('the closing')).code, 'DONE', 'closing')
      expectSame(call.parts.all.length, 0, 'parts')
    },
  },
  {
    name: 'caller-sets-the-pace',
    title: 'a responder waits while the caller is behind, and loses nothing by it',
    proves: 'request.streamed',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request', streamed)
      const total = 600
      let said = 0
      await responder.accept(topic, async (offer) => {
        for (const n of upTo(total)) {
          await offer.say({ n, ballast })
          said += 1
        }
        offer.exchange.close(DONE)
      })
      let release: () => void = () => {}
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      await caller.declare(topic)
      const call = caller.open(topic, 1, { timeoutMs: 20_000, slow: () => gate })
      await call.parts.next('the first part')
      // Round trips of another exchange give the responder all the time it needs to run ahead.
      const other = scene.channel('request', { label: 'other' })
      await responder.accept(other, (offer) => {
        void offer.say('pong', { end: true })
        offer.exchange.close(DONE)
      })
      await caller.declare(other)
      for (const n of upTo(20)) await caller.open(other, n, { timeoutMs: 20_000 }).value('pong')
      await scene.pause(20)
      expectThat(said < total, `the responder waits; it said ${said} of ${total} to a caller that read one`)
      release()
      expectSame((await call.closed('the closing')).code, 'DONE', 'closing')
      expectSame(call.parts.all.length, total, 'parts')
    },
  },
  {
    name: 'stopped-halfway',
    title: 'R1 a caller that closes halfway stops the responder',
    proves: 'request.streamed',
    needs: ['request.cancel'],
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request', streamed)
      const recited = mailbox<number>()
      const offers = mailbox<Offer>()
      await responder.accept(topic, async (offer) => {
        offers.put(offer)
        recited.put(await recite(offer, 1_000_000))
      })
      await caller.declare(topic)
      const call = caller.open(topic, 1, { timeoutMs: 60_000 })
      await call.parts.take(10, 'the first parts')
      call.exchange.close({ code: 'CANCELLED' })
      const offer = await offers.next('the offer')
      await offer.closed('the closing at the responder')
      expectThat((await recited.next('the end of the recital')) < 1_000_000, 'the responder stops')
    },
  },
  {
    name: 'breaks-halfway',
    title: 'R1 a responder that breaks halfway: the parts so far, then its code',
    proves: 'request.streamed',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request', streamed)
      await responder.accept(topic, async (offer) => {
        for (const n of upTo(5)) await offer.say(n)
        offer.exchange.close({ code: 'REMOTE_ERROR', message: 'boom' })
      })
      await caller.declare(topic)
      const call = caller.open(topic, 1, { timeoutMs: 20_000 })
      expectSame((await call.closed('the closing')).code, 'REMOTE_ERROR', 'closing')
      expectSame(
        call.parts.all.map((part) => decode(part.body.bytes())),
        upTo(5),
        'parts',
      )
    },
  },
])
