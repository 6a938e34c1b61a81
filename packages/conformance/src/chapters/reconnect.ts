/** Links that break and come back: nothing that was promised is lost, what was in flight is told. */

import type { LinkState } from 'busbar/transport'
import { done } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Scene } from '../scene.js'
import type { Offer } from '../seam/conversation.js'
import { mailbox } from '../seam/mailbox.js'
import { upTo, valuesOf } from '../seam/values.js'
import { comebackMs, within } from '../within.js'

const abilities = ['interrupt'] as const
const cut = (scene: Scene): Promise<void> =>
  within(scene.world.interrupt?.() ?? Promise.reject(new Error('this world cannot cut links')), 'the cut')

export const reconnect = chapter('reconnect', [
  {
    name: 'says-so',
    title: 'a cut link says reconnecting, then connected, once each',
    proves: 'reconnect',
    abilities,
    async run(scene) {
      const states = mailbox<LinkState>()
      await scene.link((state) => states.put(state))
      await cut(scene)
      expectSame(await states.take(2, 'changes of state'), ['reconnecting', 'connected'], 'states')
    },
  },
  {
    name: 'subscriptions-come-back',
    title: 'subscriptions of a cut link come back by themselves',
    proves: 'reconnect',
    needs: ['event'],
    abilities,
    async run(scene) {
      const states = mailbox<LinkState>()
      const [sender, receiver] = [await scene.link(), await scene.link((state) => states.put(state))]
      const topic = scene.channel('event')
      const inbox = await receiver.consume(topic)
      await cut(scene)
      await states.take(2, 'changes of state')
      await within(sender.publish(topic, 'after'), 'the receipt')
      expectSame((await inbox.next('the event')).value, 'after', 'event')
    },
  },
  {
    name: 'publishes-survive',
    title:
      'F57 publishes around cuts are all receipted and arrive in order, once each where ids are remembered',
    proves: 'reconnect',
    needs: ['queue'],
    abilities,
    async run(scene) {
      const link = await scene.link()
      const isRemembered = scene.capabilities.features.dedupe !== 'none'
      const topic = scene.channel('queue', { guarantees: { dedupeMs: isRemembered ? 120_000 : undefined } })
      await link.declare(topic)
      const receipts: Promise<unknown>[] = []
      for (const round of upTo(3)) {
        for (const n of upTo(200)) receipts.push(link.publish(topic, round * 200 + n))
        await cut(scene)
      }
      await within(Promise.all(receipts), 'receipts', 10_000)
      const inbox = await (await scene.link()).consume(topic)
      await link.publish(topic, 'marker')
      const values: unknown[] = []
      const ids = new Set<string>()
      while (values.at(-1) !== 'marker') {
        const { message, value } = await inbox.next('a message')
        // Without a memory of ids, what was under way at the cut may come twice, under the same id.
        if (isRemembered || !ids.has(message.id)) values.push(value)
        ids.add(message.id)
      }
      expectSame(values, [...upTo(600), 'marker'], 'messages')
    },
  },
  {
    name: 'workers-come-back',
    title: 'Q3 a worker on a cut link loses its claim, and the message comes again',
    proves: 'reconnect',
    needs: ['queue', 'queue.retry'],
    abilities,
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, { handle: 'hold' })
      await link.publish(topic, 'held')
      const held = await inbox.next('the message')
      await cut(scene)
      // Either the session resumes and the claim stays good, or the claim is lost and the message comes again.
      const redelivered = inbox.next('the redelivery').catch(() => undefined)
      await within(Promise.race([held.lost, scene.pause(300)]), 'the fate of the claim')
      held.settle(done)
      await link.publish(topic, 'marker')
      const next = await redelivered
      next?.settle(done)
      expectThat(next !== undefined, 'the worker goes on')
      expectThat(
        next?.value === 'marker' || (next?.message.id === held.message.id && next.attempt === 2),
        `the next is the marker or attempt 2 of the held message, not ${String(next?.value)}`,
      )
    },
  },
  {
    name: 'requests-in-flight-fail-at-once',
    title: 'R1 a request in flight on a cut link fails with DISCONNECTED',
    proves: 'reconnect',
    needs: ['request'],
    abilities,
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const offers = mailbox<Offer>()
      await responder.accept(topic, (offer) => offers.put(offer))
      await caller.declare(topic)
      const call = caller.open(topic, 1, { timeoutMs: 60_000 })
      await offers.next('the request')
      await cut(scene)
      expectSame((await call.closed('the closing')).code, 'DISCONNECTED', 'closing')
    },
  },
  {
    name: 'responders-come-back',
    title: 'a responder on a cut link serves again by itself',
    proves: 'reconnect',
    needs: ['request'],
    abilities,
    async run(scene) {
      const states = mailbox<LinkState>()
      const link = await scene.link((state) => states.put(state))
      const topic = scene.channel('request')
      await link.accept(topic, (offer) => {
        void offer.say('here', { end: true })
        offer.exchange.close({ code: 'DONE' })
      })
      await cut(scene)
      await states.take(2, 'changes of state')
      const call = link.open(topic, 1, { timeoutMs: 10_000 })
      expectSame(await call.value('the answer'), 'here', 'answer')
    },
  },
  {
    name: 'readers-resume',
    title: 'S1 a reader on a cut link misses no record and gets none twice',
    proves: 'reconnect',
    needs: ['stream'],
    abilities,
    async run(scene) {
      const [writer, reader] = [await scene.link(), await scene.link()]
      const topic = scene.channel('stream')
      const inbox = await reader.consume(topic, { start: 'start' })
      await writer.publishAll(topic, upTo(50))
      await inbox.take(50, 'records before the cut')
      await cut(scene)
      await writer.publishAll(
        topic,
        upTo(50).map((n) => n + 50),
      )
      await inbox.take(50, 'records after the cut')
      expectSame(valuesOf(inbox.all), upTo(100), 'records')
    },
  },
  {
    name: 'closing-while-cut',
    title: 'F86 close() right after a cut resolves',
    proves: 'reconnect',
    abilities,
    async run(scene) {
      const link = await scene.link()
      const cutting = cut(scene)
      await link.close(AbortSignal.abort())
      await cutting
    },
  },
  {
    name: 'after-a-restart',
    title: 'E1 after a restart of the broker subscriptions, workers and responders are back',
    proves: 'reconnect',
    needs: ['event', 'queue', 'request'],
    abilities: ['restart'],
    async run(scene) {
      const states = mailbox<LinkState>()
      const link = await scene.link((state) => states.put(state))
      const [event, queue, request] = [
        scene.channel('event'),
        scene.channel('queue'),
        scene.channel('request'),
      ]
      const events = await link.consume(event)
      const work = await link.consume(queue)
      await link.accept(request, (offer) => {
        void offer.say('here', { end: true })
        offer.exchange.close({ code: 'DONE' })
      })
      await within(
        scene.world.restart?.() ?? Promise.reject(new Error('this world cannot restart')),
        'restart',
        comebackMs,
      )
      while ((await states.next('the link to come back', comebackMs)) !== 'connected') {
        // Brokers that take their time are tried several times.
      }
      await within(link.publish(event, 'event'), 'the receipt of the event')
      await within(link.publish(queue, 'work'), 'the receipt of the message')
      expectSame((await events.next('the event')).value, 'event', 'event')
      expectSame((await work.next('the message')).value, 'work', 'message')
      expectSame(await link.open(request, 1, { timeoutMs: 10_000 }).value('the answer'), 'here', 'answer')
    },
  },
])
