/** A whole bus on top of the transport: events, queues and streams through the public verbs. */

import { contract, event, isBusError, queue, stream } from 'busbar'
import { z } from 'zod'
import { chapter } from '../case.js'
import { expectRefusal, expectSame, expectThat } from '../expectation.js'
import type { Scene } from '../scene.js'
import { mailbox } from '../seam/mailbox.js'
import { upTo } from '../seam/values.js'
import { within } from '../within.js'

const Bag = z.object({ tag: z.string(), kg: z.number() })
const quick = { attempts: 3, backoff: 'fixed', initialMs: 1, maxMs: 1 } as const

const twoBuses = async (scene: Scene) => [await scene.bus('tower'), await scene.bus('baggage')] as const

export const busDelivery = chapter('bus-delivery', [
  {
    name: 'publish-and-subscribe',
    title: 'an event goes from one service to another, with the facts about it',
    proves: 'event',
    needs: ['event.groups', 'event.path'],
    async run(scene) {
      const airport = contract(scene.id, {
        landed: event(z.object({ gate: z.string() }), { path: '{airline}.{flight}' }),
      })
      const [tower, baggage] = await twoBuses(scene)
      const seen = mailbox<unknown>()
      await baggage.subscribe(airport.landed, (value, ctx) => {
        seen.put([value, ctx.params, ctx.topic, ctx.source, ctx.attempt, ctx.headers.mine])
      })
      const receipt = await tower.publish(
        airport.landed,
        { gate: 'B7' },
        { params: { airline: 'K.L', flight: '*23' }, headers: { mine: 'x' } },
      )
      expectThat(receipt.id.length > 0, 'the receipt names the message')
      expectSame(
        await seen.next('the event'),
        [{ gate: 'B7' }, { airline: 'K.L', flight: '*23' }, `${scene.id}.landed`, 'tower', 1, 'x'],
        'event',
      )
    },
  },
  {
    name: 'default-group-is-the-service',
    title: 'E3 two instances of a service share its events, `each` gives every instance a copy',
    proves: 'event.each',
    needs: ['event.groups'],
    async run(scene) {
      const airport = contract(scene.id, { landed: event(z.number()) })
      const tower = await scene.bus('tower')
      const [one, two] = [await scene.bus('baggage'), await scene.bus('baggage')]
      const shared = mailbox<number>()
      const copies = [mailbox<number>(), mailbox<number>()]
      for (const [index, bus] of [one, two].entries()) {
        await bus.subscribe(airport.landed, (value) => shared.put(value))
        await bus.subscribe(airport.landed, (value) => copies[index]?.put(value), { group: 'each' })
      }
      for (const n of upTo(10)) await tower.publish(airport.landed, n)
      for (const inbox of copies) expectSame(await inbox.take(10, 'copies'), upTo(10), 'copies')
      const values = await shared.take(10, 'shared events')
      expectSame(
        [...values].sort((a, b) => a - b),
        upTo(10),
        'shared events',
      )
      await tower.publish(airport.landed, 99)
      expectSame(await shared.next('the marker'), 99, 'the next shared event')
    },
  },
  {
    name: 'send-and-work',
    title: 'a bag goes to one worker',
    proves: 'queue',
    needs: ['queue.retry'],
    async run(scene) {
      const airport = contract(scene.id, { moveBag: queue(Bag) })
      const [tower, baggage] = await twoBuses(scene)
      const bags = mailbox<unknown>()
      await tower.send(airport.moveBag, { tag: 'a', kg: 3 })
      await baggage.work(airport.moveBag, (bag) => bags.put(bag))
      expectSame(await bags.next('the bag'), { tag: 'a', kg: 3 }, 'bag')
    },
  },
  {
    name: 'poison-becomes-a-dead-letter',
    title:
      'F62 a handler that always throws: every attempt, then a dead letter with its history; redrive brings it back',
    proves: 'deadletters',
    needs: ['queue', 'queue.retry'],
    async run(scene) {
      const airport = contract(scene.id, { moveBag: queue(Bag, { retry: quick }) })
      const [tower, baggage] = await twoBuses(scene)
      const attempts = mailbox<number>()
      let broken = true
      await baggage.work(airport.moveBag, (bag, ctx) => {
        attempts.put(ctx.attempt)
        if (broken && bag.tag === 'bad') throw new Error('belt is stuck')
      })
      await tower.send(airport.moveBag, { tag: 'bad', kg: 1 })
      expectSame(await attempts.take(3, 'attempts'), [1, 2, 3], 'attempts')
      // The next bag shows that the worker is done with the bad one.
      await tower.send(airport.moveBag, { tag: 'good', kg: 1 })
      await attempts.next('the good bag')
      const { letters } = await tower.deadLetters(airport.moveBag).list()
      const [letter] = letters
      expectSame(
        [letters.length, letter?.reason, letter?.attempts, letter?.payload],
        [1, 'attempts', 3, { tag: 'bad', kg: 1 }],
        'letters',
      )
      expectThat(letter?.lastFailure?.message.includes('belt is stuck') === true, 'the failure is told')
      broken = false
      const redriven = tower.deadLetters(airport.moveBag).redrive({ map: () => ({ tag: 'mended', kg: 2 }) })
      expectSame(await within(redriven, 'redrive'), 1, 'put back')
      expectSame(await attempts.next('the mended bag'), 1, 'attempt after redrive')
    },
  },
  {
    name: 'outcomes-of-a-handler',
    title: 'ctx.retry comes back, ctx.reject becomes a dead letter, ctx.drop leaves nothing',
    proves: 'inspect',
    needs: ['queue', 'queue.retry', 'deadletters'],
    async run(scene) {
      const airport = contract(scene.id, { moveBag: queue(Bag, { retry: quick }) })
      const [tower, baggage] = await twoBuses(scene)
      const seen = mailbox<string>()
      const work = await baggage.work(airport.moveBag, (bag, ctx) => {
        seen.put(`${bag.tag}${ctx.attempt}`)
        if (bag.tag === 'retry' && ctx.attempt === 1) return ctx.retry({ afterMs: 1 })
        if (bag.tag === 'reject') return ctx.reject('overweight')
        if (bag.tag === 'drop') return ctx.drop()
        return undefined
      })
      for (const tag of ['reject', 'drop', 'retry']) await tower.send(airport.moveBag, { tag, kg: 1 })
      expectSame(await seen.take(4, 'deliveries'), ['reject1', 'drop1', 'retry1', 'retry2'], 'deliveries')
      await within(work.close(), 'close()')
      const state = await tower.inspect(airport.moveBag)
      expectSame([state.done, state.dead, state.dropped], [1, 1, 1], 'done, dead, dropped')
    },
  },
  {
    name: 'append-and-replay',
    title: 'S1 a stream is replayed from the start, from an offset and to the end',
    proves: 'stream',
    needs: ['stream.offset'],
    async run(scene) {
      const airport = contract(scene.id, { radar: stream(z.object({ x: z.number() })) })
      const [tower, board] = await twoBuses(scene)
      for (const x of upTo(20)) await tower.append(airport.radar, { x })
      const read = async (from: 'start' | { offset: number }) => {
        const xs: number[] = []
        for await (const { value } of board.replay(airport.radar, { from, to: 'now' })) xs.push(value.x)
        return xs
      }
      expectSame(await within(read('start'), 'the replay'), upTo(20), 'from the start')
      expectSame(await within(read({ offset: 15 }), 'the replay'), [15, 16, 17, 18, 19], 'from offset 15')
    },
  },
  {
    name: 'replay-goes-on-live',
    title: 'F56 a replay without end goes on with what is appended meanwhile, and ends with break',
    proves: 'stream',
    async run(scene) {
      const airport = contract(scene.id, { radar: stream(z.number()) })
      const [tower, board] = await twoBuses(scene)
      for (const n of upTo(10)) await tower.append(airport.radar, n)
      const read = async () => {
        const seen: number[] = []
        for await (const { value, ctx } of board.replay(airport.radar)) {
          expectSame(ctx.offset, value, 'offset')
          seen.push(value)
          if (value < 10) await tower.append(airport.radar, value + 10)
          if (seen.length === 20) break
        }
        return seen
      }
      expectSame(await within(read(), 'the replay'), upTo(20), 'records')
    },
  },
  {
    name: 'subscribe-to-a-stream',
    title: 'S3 a subscription of a stream resumes where its group stopped',
    proves: 'stream.groups',
    async run(scene) {
      const airport = contract(scene.id, { radar: stream(z.number()) })
      const [tower, board] = await twoBuses(scene)
      const seen = mailbox<number>()
      const handler = (value: number) => seen.put(value)
      for (const n of upTo(3)) await tower.append(airport.radar, n)
      const first = await board.subscribe(airport.radar, handler, { from: 'start' })
      expectSame(await seen.take(3, 'records'), upTo(3), 'records')
      await within(first.close(), 'close()')
      for (const n of [3, 4]) await tower.append(airport.radar, n)
      await board.subscribe(airport.radar, handler)
      expectSame(await seen.take(2, 'more records'), [3, 4], 'records after coming back')
    },
  },
  {
    name: 'middleware-and-causes',
    title: 'middleware sees both directions; what a handler sends carries its cause and headers on',
    proves: 'event',
    needs: ['event.groups', 'queue', 'queue.retry'],
    async run(scene) {
      const airport = contract(scene.id, { landed: event(z.number()), moveBag: queue(Bag) })
      const crossings: string[] = []
      const tower = await scene.bus('tower', {
        middleware: [
          async (crossing, next) => {
            crossings.push(`${crossing.direction} ${crossing.verb}`)
            if (crossing.direction === 'out') crossing.headers.traceparent = '00-abc-def-01'
            return next()
          },
        ],
      })
      const baggage = await scene.bus('baggage')
      const facts = mailbox<unknown>()
      await baggage.subscribe(airport.landed, async (_, ctx) => {
        await ctx.send(airport.moveBag, { tag: 'a', kg: 1 })
      })
      await tower.work(airport.moveBag, (_, ctx) => {
        facts.put([ctx.correlationId, ctx.headers.causationid, ctx.source])
      })
      const { id } = await tower.publish(airport.landed, 1)
      expectSame(await facts.next('the bag'), [id, id, 'baggage'], 'correlation, cause and source')
      expectSame(crossings, ['out publish', 'in work'], 'crossings')
    },
  },
  {
    name: 'close-drains',
    title: 'F87 close() lets the running handler finish; afterwards every verb is CLOSED',
    proves: 'queue',
    needs: ['queue.retry'],
    async run(scene) {
      const airport = contract(scene.id, { moveBag: queue(Bag) })
      const tower = await scene.bus('tower')
      const baggage = await scene.bus('baggage', { drainTimeoutMs: 5_000 })
      const started = mailbox<number>()
      let finished = false
      await baggage.work(airport.moveBag, async () => {
        started.put(1)
        await scene.pause(30)
        finished = true
      })
      await tower.send(airport.moveBag, { tag: 'a', kg: 1 })
      await started.next('the handler')
      await within(Promise.all([baggage.close(), baggage.close()]), 'close()')
      expectThat(finished, 'the handler finished before close() resolved')
      const error = await expectRefusal(
        () => baggage.send(airport.moveBag, { tag: 'b', kg: 1 }),
        'CLOSED',
        'send',
      )
      expectSame(error.outcome, 'rejected', 'outcome')
      expectThat(isBusError(error, 'CLOSED'), 'the error is a BusError')
    },
  },
])
