/** Unary requests: one responder, one answer, to the one who asked. */

import type { Closed } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Conversation, Offer } from '../seam/conversation.js'
import { mailbox } from '../seam/mailbox.js'
import { upTo } from '../seam/values.js'
import { within } from '../within.js'

const DONE: Closed = { code: 'DONE' }

/** Answers with one last part. */
const answer = (offer: Offer, value: unknown): void => {
  void offer.say(value, { end: true })
  offer.exchange.close(DONE)
}
const codeOf = async (call: Conversation): Promise<string> => (await call.closed('the closing')).code

export const requests = chapter('request-reply', [
  {
    name: 'answer-comes-back',
    title: 'R1 a request gets its answer, then the exchange is done',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      await responder.accept(topic, (offer) => answer(offer, { gate: `for ${String(offer.value0)}` }))
      await caller.declare(topic)
      const call = caller.open(topic, 'KL23', { timeoutMs: 5_000 })
      expectSame(await call.value('the answer'), { gate: 'for KL23' }, 'answer')
      expectSame(await codeOf(call), 'DONE', 'closing')
      expectSame([call.parts.all.length, call.closings.length], [1, 1], 'parts and closings')
    },
  },
  {
    name: 'request-arrives-whole',
    title: 'a request arrives with id, key, headers and the time that is left',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers = mailbox<Offer>()
      await responder.accept(topic, (offer) => {
        offers.put(offer)
        answer(offer, 1)
      })
      await caller.declare(topic)
      const call = caller.open(topic, 1, { id: 'r-1', key: 'k', headers: { mine: 'x' }, timeoutMs: 4_000 })
      const { message, timeoutMs } = await offers.next('the request')
      expectSame([message.id, message.key, message.headers], ['r-1', 'k', { mine: 'x' }], 'request')
      expectThat(
        timeoutMs !== undefined && timeoutMs > 0 && timeoutMs <= 4_000,
        `the deadline travels as time left, ${timeoutMs} of 4000`,
      )
      await codeOf(call)
    },
  },
  {
    name: 'no-responder',
    title: 'R1 with nobody there a request closes with NO_RESPONDER, long before its deadline',
    proves: 'request',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('request')
      await link.declare(topic)
      expectSame(await codeOf(link.open(topic, 1, { timeoutMs: 60_000 })), 'NO_RESPONDER', 'closing')
    },
  },
  {
    name: 'no-responder-left',
    title: 'R1 a responder that stopped accepting is nobody',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const acceptor = await responder.accept(topic, (offer) => answer(offer, 1))
      await caller.declare(topic)
      expectSame(await caller.open(topic, 1, { timeoutMs: 60_000 }).value('the answer'), 1, 'answer')
      await within(acceptor.close(), 'close()')
      expectSame(await codeOf(caller.open(topic, 1, { timeoutMs: 60_000 })), 'NO_RESPONDER', 'closing')
    },
  },
  {
    name: 'answers-find-their-callers',
    title: 'R3 answers go to the one who asked, whatever their order',
    proves: 'request',
    async run(scene) {
      const [one, two, responder] = [await scene.link(), await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers: Offer[] = []
      await responder.accept(topic, (offer) => {
        offers.push(offer)
        if (offers.length < 20) return
        for (const waiting of offers.reverse()) answer(waiting, { to: waiting.value0 })
      })
      await one.declare(topic)
      await two.declare(topic)
      const calls = upTo(20).map((n) => (n % 2 === 0 ? one : two).open(topic, n, { timeoutMs: 10_000 }))
      const answers = await Promise.all(calls.map((call) => call.value('the answer')))
      expectSame(
        answers,
        upTo(20).map((n) => ({ to: n })),
        'answers',
      )
    },
  },
  {
    name: 'one-responder-each',
    title: 'R2 each request goes to one responder of several, once',
    proves: 'request',
    async run(scene) {
      const [caller, one, two] = [await scene.link(), await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const served: unknown[] = []
      for (const link of [one, two]) {
        await link.accept(topic, (offer) => {
          served.push(offer.value0)
          answer(offer, offer.value0)
        })
      }
      await caller.declare(topic)
      const calls = upTo(30).map((n) => caller.open(topic, n, { timeoutMs: 10_000 }))
      await Promise.all(calls.map((call) => call.closed('the closing')))
      expectSame(
        [...served].sort((a, b) => Number(a) - Number(b)),
        upTo(30),
        'requests served',
      )
      expectThat(
        calls.every((call) => call.parts.all.length === 1),
        'every call got one answer',
      )
    },
  },
  {
    name: 'path-chooses-the-responder',
    title: 'requests go by their path',
    proves: 'request',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('request', { params: ['gate'] })
      await link.accept(topic, (offer) => answer(offer, 'a'), { path: ['A1'] })
      await link.accept(topic, (offer) => answer(offer, 'b'), { path: ['B2'] })
      const ask = (gate: string) => link.open(topic, 1, { path: [gate], timeoutMs: 10_000 })
      expectSame(await ask('B2').value('the answer'), 'b', 'answer of B2')
      expectSame(await ask('A1').value('the answer'), 'a', 'answer of A1')
      expectSame(await codeOf(ask('C3')), 'NO_RESPONDER', 'closing of C3')
    },
  },
  {
    name: 'declared-failure',
    title: 'R1 a declared failure arrives with its name and data',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      await responder.accept(topic, (offer) => {
        void offer.say({ waitMs: 5 }, { failure: 'NoGateFree', end: true })
        offer.exchange.close(DONE)
      })
      await caller.declare(topic)
      const call = caller.open(topic, 1, { timeoutMs: 10_000 })
      const part = await call.parts.next('the failure')
      expectSame(part.failure, 'NoGateFree', 'name')
      expectSame(new TextDecoder().decode(part.body.bytes()), '{"waitMs":5}', 'data')
      await codeOf(call)
    },
  },
  {
    name: 'remote-error',
    title: 'R1 a responder that breaks closes with its code and message',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      await responder.accept(topic, ({ exchange }) =>
        exchange.close({ code: 'REMOTE_ERROR', message: 'boom' }),
      )
      await caller.declare(topic)
      const closed = await caller.open(topic, 1, { timeoutMs: 10_000 }).closed('the closing')
      expectSame([closed.code, closed.message], ['REMOTE_ERROR', 'boom'], 'closing')
    },
  },
  {
    name: 'deadline',
    title: 'R1 a request without an answer closes with TIMEOUT, and its responder learns it',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers = mailbox<Offer>()
      await responder.accept(topic, (offer) => offers.put(offer))
      await caller.declare(topic)
      const begin = scene.clock.monotonic()
      const call = caller.open(topic, 1, { timeoutMs: 400 })
      const offer = await offers.next('the request')
      expectSame(await codeOf(call), 'TIMEOUT', 'closing')
      expectThat(scene.clock.monotonic() - begin >= 395, 'a deadline of 400 ms is not cut short')
      expectThat(
        (await offer.closed('the closing at the responder')).code !== 'DONE',
        'the responder learns it',
      )
    },
  },
  {
    name: 'late-answer',
    title: 'R3 an answer after the deadline reaches nobody, and the closing is told once',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers = mailbox<Offer>()
      await responder.accept(topic, (offer) => offers.put(offer))
      await caller.declare(topic)
      const late = caller.open(topic, 'late', { timeoutMs: 300 })
      const offer = await offers.next('the first request')
      await codeOf(late)
      await Promise.resolve(offer.say('too late', { end: true })).catch(() => {})
      offer.exchange.close(DONE)
      const marker = caller.open(topic, 'marker', { timeoutMs: 10_000 })
      answer(await offers.next('the second request'), 'marker')
      expectSame(await marker.value('the marker'), 'marker', 'answer to the second')
      expectSame([late.parts.all.length, late.closings.length], [0, 1], 'parts and closings of the first')
    },
  },
  {
    name: 'responder-gone',
    title: 'R1 when the responder’s link goes, the request closes with DISCONNECTED',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers = mailbox<Offer>()
      await responder.accept(topic, (offer) => offers.put(offer))
      await caller.declare(topic)
      const call = caller.open(topic, 1, { timeoutMs: 60_000 })
      await offers.next('the request')
      await responder.close(AbortSignal.abort())
      expectSame(await codeOf(call), 'DISCONNECTED', 'closing')
    },
  },
  {
    name: 'concurrency-of-a-responder',
    title: 'a responder is offered no more at once than it asked for, and all in the end',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers = mailbox<Offer>()
      await responder.accept(topic, (offer) => offers.put(offer), { concurrency: 2 })
      await caller.declare(topic)
      const calls = upTo(6).map((n) => caller.open(topic, n, { timeoutMs: 20_000 }))
      for (const n of upTo(6)) {
        const offer = await offers.next('a request')
        expectThat(offers.all.length <= n + 2, 'two are open at most')
        answer(offer, offer.value0)
      }
      const answers = await Promise.all(calls.map((call) => call.value('the answer')))
      expectSame(answers, upTo(6), 'answers')
    },
  },
])
