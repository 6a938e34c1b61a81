// Order through the bus on every wire: per producer, and per key whatever fails.

import { contract, event, queue, stream } from 'busbar'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { brokerOn, until, upTo, wires } from './three-wires.js'

const Step = z.object({ who: z.number(), n: z.number() })
const steps = contract('steps', {
  told: event(Step),
  kept: stream(Step),
  job: queue(Step, {
    key: ({ who }) => `k${who}`,
    retry: { attempts: 20, backoff: 'fixed', initialMs: 1, maxMs: 1 },
  }),
})

/** What each producer's messages came as. */
function byProducer(seen: readonly z.infer<typeof Step>[], producers: number): number[][] {
  const rows: number[][] = upTo(producers).map(() => [])
  for (const { who, n } of seen) rows[who]?.push(n)
  return rows
}

describe.each(wires)('on %s', (wire) => {
  it('F53 E4 8 producers with 10,000 each: every subscriber sees each producer in order', async () => {
    const [producers, each] = [8, 10_000]
    const newBus = await brokerOn(wire)
    const readers = await Promise.all(['one', 'two'].map((service) => newBus(service)))
    const seen: z.infer<typeof Step>[][] = readers.map(() => [])
    await Promise.all(
      readers.map((bus, index) =>
        bus.subscribe(steps.told, (step) => void seen[index]?.push(step), {
          buffer: { messages: 4_096, overflow: 'block' },
        }),
      ),
    )
    const senders = await Promise.all(upTo(producers).map((who) => newBus(`sender-${who}`)))
    await Promise.all(
      senders.map(async (bus, who) => {
        for (let from = 0; from < each; from += 100) {
          await Promise.all(upTo(100).map((n) => bus.publish(steps.told, { who, n: from + n })))
        }
      }),
    )
    await until(() => seen.every(({ length }) => length === producers * each))
    for (const all of seen) expect(byProducer(all, producers)).toEqual(upTo(producers).map(() => upTo(each)))
  }, 60_000)

  it('F53 S1 a reader sees each producer in order, and every offset once', async () => {
    const [producers, each] = [8, 250]
    const newBus = await brokerOn(wire)
    const senders = await Promise.all(upTo(producers).map((who) => newBus(`sender-${who}`)))
    await Promise.all(
      senders.map((bus, who) => Promise.all(upTo(each).map((n) => bus.append(steps.kept, { who, n })))),
    )
    const reader = await newBus('reader')
    const [seen, offsets]: [z.infer<typeof Step>[], number[]] = [[], []]
    for await (const { value, ctx } of reader.replay(steps.kept, { to: 'now' })) {
      seen.push(value)
      offsets.push(ctx.offset)
    }
    expect(byProducer(seen, producers)).toEqual(upTo(producers).map(() => upTo(each)))
    expect(offsets).toEqual(upTo(producers * each))
  })

  it('F54 E4 with concurrency 8 and random failures no message overtakes another of its key', async () => {
    const [keys, each] = [5, 60]
    const newBus = await brokerOn(wire)
    const [sender, ...workers] = await Promise.all(['send', 'work', 'work'].map((name) => newBus(name)))
    const random = seeded(7)
    const done: z.infer<typeof Step>[] = []
    const running = new Set<number>()
    let failed = 0
    for (const bus of workers) {
      await bus.work(
        steps.job,
        async (step) => {
          expect(running.has(step.who)).toBe(false)
          running.add(step.who)
          await new Promise((resolve) => setImmediate(resolve))
          running.delete(step.who)
          if (random() < 0.3) {
            failed += 1
            throw new Error('at random')
          }
          done.push(step)
        },
        { concurrency: 8 },
      )
    }
    await Promise.all(
      upTo(keys * each).map((i) => sender?.send(steps.job, { who: i % keys, n: (i / keys) | 0 })),
    )
    await until(() => done.length === keys * each, 30_000)
    expect(failed).toBeGreaterThan(0)
    expect(byProducer(done, keys)).toEqual(upTo(keys).map(() => upTo(each)))
  }, 40_000)
})

/** Numbers from 0 to 1 that are the same in every run (a linear congruential generator). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
