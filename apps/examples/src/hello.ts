/** The first screen of the README: every kind but the pair, in twenty lines. */

import { connect } from '@busbar/connect'
import { contract, createBus, event, queue, request, stream } from 'busbar'
import { z } from 'zod'

// The contract: the only thing services share.
const Bag = z.object({ tag: z.string(), flight: z.string(), kg: z.number().max(32) })
const airport = contract('airport', {
  landed: event(z.object({ flight: z.string(), gate: z.string() })),
  moveBag: queue(Bag, { retry: { attempts: 3, backoff: 'exponential', initialMs: 100 } }),
  assignGate: request({ input: z.object({ flight: z.string() }), output: z.object({ gate: z.string() }) }),
  radar: stream(z.object({ flight: z.string(), x: z.number() }), { key: (point) => point.flight }),
})

// `memory:` is this process; with tcp://… or ws://… the same code talks to other processes.
await using bus = await createBus({
  service: 'hello',
  transport: connect(process.env.BUSBAR_URL ?? 'memory:'),
})

await bus.reply(airport.assignGate, () => ({ gate: 'B7' }))
await bus.subscribe(airport.landed, ({ flight, gate }) => console.log(`${flight} is at gate ${gate}`))
let moved = () => {}
const delivered = new Promise<void>((resolve) => (moved = resolve))
await bus.work(airport.moveBag, ({ tag }, { attempt }) => {
  if (attempt === 1) throw new Error('the belt is jammed')
  console.log(`bag ${tag} moved at attempt ${attempt}`)
  moved()
})

const { gate } = await bus.request(airport.assignGate, { flight: 'KL23' })
await bus.append(airport.radar, { flight: 'KL23', x: 0.5 })
await bus.publish(airport.landed, { flight: 'KL23', gate })
await bus.send(airport.moveBag, { tag: 'KL23-1', flight: 'KL23', kg: 31 })
await delivered
await bus
  .send(airport.moveBag, { tag: 'KL23-2', flight: 'KL23', kg: 33 })
  .catch((error) => console.log(error.message))
for await (const { value, ctx } of bus.replay(airport.radar, { from: 'start', to: 'now' })) {
  console.log(`radar ${ctx.offset}: ${value.flight} at ${value.x}`)
}
