/** A whole bus on top of the transport: requests, streamed replies and pairs through the public verbs. */

import { contract, isBusError, pair, request } from 'busbar'
import { z } from 'zod'
import { chapter } from '../case.js'
import { expectRefusal, expectSame, expectThat, rejectionOf } from '../expectation.js'
import type { Scene } from '../scene.js'
import { mailbox } from '../seam/mailbox.js'
import { upTo } from '../seam/values.js'
import { within } from '../within.js'

const gateDesk = (scene: Scene) =>
  contract(scene.id, {
    assignGate: request({
      input: z.object({ flight: z.string() }),
      output: z.object({ gate: z.string() }),
      errors: { NoGateFree: z.object({ waitMs: z.number() }) },
    }),
  })

const twoBuses = async (scene: Scene) => [await scene.bus('tower'), await scene.bus('gates')] as const

export const busExchanges = chapter('bus-exchanges', [
  {
    name: 'request-and-reply',
    title: 'R1 a request gets its typed answer',
    proves: 'request',
    async run(scene) {
      const airport = gateDesk(scene)
      const [tower, gates] = await twoBuses(scene)
      await gates.reply(airport.assignGate, ({ flight }) => ({ gate: `gate of ${flight}` }))
      const flights = upTo(20).map((n) => `KL${n}`)
      const answers = await within(
        Promise.all(flights.map((flight) => tower.request(airport.assignGate, { flight }))),
        'the answers',
      )
      expectSame(
        answers,
        flights.map((flight) => ({ gate: `gate of ${flight}` })),
        'answers',
      )
    },
  },
  {
    name: 'declared-error',
    title: 'R1 ctx.fail reaches the caller as REPLY_FAILED with name and data',
    proves: 'request',
    async run(scene) {
      const airport = gateDesk(scene)
      const [tower, gates] = await twoBuses(scene)
      await gates.reply(airport.assignGate, (_, ctx) => ctx.fail('NoGateFree', { waitMs: 500 }))
      const attempt = () => tower.request(airport.assignGate, { flight: 'KL23' })
      const error = await expectRefusal(attempt, 'REPLY_FAILED', 'request')
      expectSame([error.details.name, error.details.data], ['NoGateFree', { waitMs: 500 }], 'details')
    },
  },
  {
    name: 'handler-that-throws',
    title: 'R1 a replier that throws is REMOTE_ERROR at the caller',
    proves: 'request',
    async run(scene) {
      const airport = gateDesk(scene)
      const [tower, gates] = await twoBuses(scene)
      await gates.reply(airport.assignGate, () => {
        throw new Error('boom')
      })
      await expectRefusal(() => tower.request(airport.assignGate, { flight: 'x' }), 'REMOTE_ERROR', 'request')
    },
  },
  {
    name: 'reply-that-breaks-its-schema',
    title: 'F71 a reply that does not match its schema fails at once, as the responder’s fault',
    proves: 'request',
    async run(scene) {
      const airport = gateDesk(scene)
      const [tower, gates] = await twoBuses(scene)
      // What a service in plain JavaScript could return.
      await gates.reply(airport.assignGate, () => JSON.parse('{"gate":7}'))
      await expectRefusal(
        () => tower.request(airport.assignGate, { flight: 'x' }, { timeoutMs: 60_000 }),
        ['SCHEMA_INVALID', 'REMOTE_ERROR'],
        'request',
      )
    },
  },
  {
    name: 'no-responder-and-timeout',
    title: 'R1 NO_RESPONDER and TIMEOUT are told apart',
    proves: 'request',
    async run(scene) {
      const airport = gateDesk(scene)
      const [tower, gates] = await twoBuses(scene)
      const ask = (timeoutMs: number) => tower.request(airport.assignGate, { flight: 'x' }, { timeoutMs })
      await expectRefusal(() => ask(60_000), 'NO_RESPONDER', 'request to nobody')
      await gates.reply(airport.assignGate, async () => {
        await scene.pause(300)
        return { gate: 'late' }
      })
      await expectRefusal(() => ask(60), 'TIMEOUT', 'request to a slow responder')
    },
  },
  {
    name: 'cancelling',
    title: 'R1 aborting a request reaches the replier’s signal',
    proves: 'request.cancel',
    async run(scene) {
      const airport = gateDesk(scene)
      const [tower, gates] = await twoBuses(scene)
      const started = mailbox<AbortSignal>()
      await gates.reply(airport.assignGate, async (_, ctx) => {
        started.put(ctx.signal)
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve, { once: true }))
        return { gate: 'x' }
      })
      const cancel = new AbortController()
      const asking = tower.request(airport.assignGate, { flight: 'x' }, { signal: cancel.signal })
      const rejection = rejectionOf(() => asking, 'the cancelled request')
      const signal = await started.next('the replier')
      cancel.abort()
      const error = await rejection
      expectThat(isBusError(error, 'CANCELLED') || error === cancel.signal.reason, 'the caller gave up')
      const told = new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await within(told, 'the signal of the replier')
    },
  },
  {
    name: 'streamed-reply',
    title: 'R1 a streamed reply is iterated in order, and break stops the replier',
    proves: 'request.streamed',
    needs: ['request.cancel'],
    async run(scene) {
      const airport = contract(scene.id, {
        count: request({ input: z.number(), output: z.number(), streamed: true }),
      })
      const [tower, gates] = await twoBuses(scene)
      const stopped = mailbox<number>()
      await gates.reply(airport.count, async function* (to) {
        let n = 0
        try {
          while (n < to) yield n++
        } finally {
          stopped.put(n)
        }
      })
      const read = async (to: number, enough: number) => {
        const seen: number[] = []
        for await (const n of tower.request(airport.count, to)) {
          seen.push(n)
          if (seen.length === enough) break
        }
        return seen
      }
      expectSame(await within(read(50, 100), 'the whole reply'), upTo(50), 'the whole reply')
      expectSame(await stopped.next('the end of the replier'), 50, 'said')
      expectSame(await within(read(1_000_000, 3), 'the broken-off reply'), upTo(3), 'the beginning')
      expectThat((await stopped.next('the replier to stop')) < 1_000_000, 'the replier stops')
    },
  },
  {
    name: 'dial-and-accept',
    title: 'X1 a pair talks both ways, refuses a third, and tells the end',
    proves: 'pair',
    async run(scene) {
      const airport = contract(scene.id, {
        hotline: pair(
          { dialer: z.string(), accepter: z.object({ echo: z.string() }) },
          { path: '{vehicle}' },
        ),
      })
      const [tower, truck] = await twoBuses(scene)
      const ended = mailbox<string>()
      await truck.accept(airport.hotline, async (line) => {
        for await (const text of line) await line.send({ echo: text })
        ended.put(await line.ended)
      })
      const dial = () => tower.dial(airport.hotline, { params: { vehicle: 'fuel-1' } })
      const line = await within(dial(), 'dial()')
      for (const text of ['push back', 'hold']) await line.send(text)
      const heard: unknown[] = []
      const listening = (async () => {
        for await (const { echo } of line) {
          heard.push(echo)
          if (heard.length === 2) return
        }
      })()
      await within(listening, 'the echo')
      expectSame(heard, ['push back', 'hold'], 'heard')
      await within(line.close(), 'close()')
      expectSame(await ended.next('the end at the accepter'), 'DONE', 'end')
    },
  },
  {
    name: 'a-taken-pair',
    title: 'X1 a second dialer gets PAIR_TAKEN',
    proves: 'pair',
    async run(scene) {
      const airport = contract(scene.id, { hotline: pair({ dialer: z.string(), accepter: z.string() }) })
      const [tower, truck] = await twoBuses(scene)
      const lines = mailbox<string>()
      await truck.accept(airport.hotline, async (line) => {
        for await (const text of line) lines.put(text)
      })
      const line = await within(tower.dial(airport.hotline), 'dial()')
      await line.send('first')
      await lines.next('the first line')
      const intruder = await scene.bus('intruder')
      await expectRefusal(() => intruder.dial(airport.hotline), 'PAIR_TAKEN', 'the second dial')
      await line.send('still here')
      expectSame(await lines.next('the first line again'), 'still here', 'heard')
    },
  },
])
