// A process with one bus on memory and nothing else to live for; the argument says what is under way.

import { contract, createBus, memory, pair, queue, request } from 'busbar'
import { systemClock } from 'busbar/transport'
import { z } from 'zod'

const life = contract('life', {
  job: queue(z.object({ n: z.number() }), { retry: { attempts: 2, initialMs: 50 } }),
  ask: request({ input: z.string(), output: z.string(), timeoutMs: 50 }),
  never: queue(z.string().refine(() => new Promise(() => undefined))),
  talk: pair({ dialer: z.string(), accepter: z.string() }, { path: '{to}' }),
})

const scene = process.argv[2] ?? ''
/** @type {import('busbar/transport').Clock} */
const hurried = {
  ...systemClock,
  after: (delayMs, fn, options) => systemClock.after(delayMs / 50, fn, options),
}
const bus = await createBus({
  service: 'short',
  transport: memory(),
  clock: scene === 'validation' ? hurried : systemClock,
})
/** @param {unknown} value */
const say = (value) => console.log(String(value))
/** @param {Promise<unknown>} work */
const codeOf = (work) => work.then(say, (error) => say(error.code))

/** @type {Record<string, () => Promise<unknown>>} */
const scenes = {
  async idle() {
    await bus.work(life.job, () => {})
    await bus.reply(life.ask, (text) => text)
    await bus.send(life.job, { n: 1 })
    say(await bus.request(life.ask, 'answered', { timeoutMs: 600_000 }))
  },
  async delayed() {
    await bus.work(life.job, (_job, ctx) => say(`attempt ${ctx.attempt}`))
    await bus.send(life.job, { n: 1 }, { delayMs: 50 })
  },
  async retried() {
    await bus.work(life.job, (_job, ctx) => {
      say(`attempt ${ctx.attempt}`)
      if (ctx.attempt === 1) throw new Error('not yet')
    })
    await bus.send(life.job, { n: 1 })
  },
  async deadline() {
    await bus.reply(life.ask, () => new Promise(() => undefined))
    await codeOf(bus.request(life.ask, 'anybody?'))
  },
  async dialing() {
    await bus.accept(life.talk, () => new Promise(() => undefined), { concurrency: 1 })
    await bus.dial(life.talk, { params: { to: 'one' } })
    await codeOf(bus.dial(life.talk, { params: { to: 'other' }, timeoutMs: 50 }))
  },
  validation: () => codeOf(bus.send(life.never, 'x')),
  async closed() {
    await bus.send(life.job, { n: 1 }, { delayMs: 600_000 })
    await bus.close()
    say('closed')
  },
}

await scenes[scene]?.()
