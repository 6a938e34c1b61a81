// Many publishers, subscribers and topics at full speed through one hub: nothing is lost, nothing changes its order.

import { contract, event } from 'busbar'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { brokerOn, until, upTo, wires } from './three-wires.js'

const [publishers, subscribers, topics, each] = [8, 4, 100, 10_000]
const Step = z.object({ who: z.number(), n: z.number(), text: z.string() })
const load = contract('load', Object.fromEntries(upTo(topics).map((index) => [`t${index}`, event(Step)])))
const topicOf = (index: number) => {
  const topic = load[`t${index % topics}`]
  if (topic === undefined) throw new RangeError(`There is no topic ${index}.`)
  return topic
}

it.each(wires)(
  'F53 E4 8 publishers, 4 subscribers and 100 topics on %s',
  async (wire) => {
    const newBus = await brokerOn(wire)
    const seen = upTo(subscribers).map(() => ({ count: 0, gaps: 0, late: 0 }))
    for (const [number, tally] of seen.entries()) {
      // Services of their own: instances of one would share the messages.
      const bus = await newBus(`subscriber-${number}`)
      for (const index of upTo(topics)) {
        const last = upTo(publishers).map(() => -1)
        await bus.subscribe(
          topicOf(index),
          ({ who, n }) => {
            // Each publisher goes round the topics, so on one topic its numbers are a hundred apart.
            const expected = (last[who] ?? -1) < 0 ? index : (last[who] ?? 0) + topics
            if (n !== expected) tally.late += 1
            last[who] = n
            tally.count += 1
          },
          { buffer: { messages: 256, overflow: 'block' }, onGap: ({ count }) => (tally.gaps += count) },
        )
      }
    }
    const senders = await Promise.all(upTo(publishers).map((who) => newBus(`publisher-${who}`)))
    await Promise.all(
      senders.map(async (bus, who) => {
        for (let from = 0; from < each; from += 250) {
          const batch = upTo(250).map((i) => {
            const n = from + i
            return bus.publish(topicOf(n), { who, n, text: 'x'.repeat(n % 500) })
          })
          await Promise.all(batch)
        }
      }),
    )
    await until(() => seen.every(({ count }) => count >= publishers * each), 30_000)
    for (const tally of seen) expect(tally).toEqual({ count: publishers * each, gaps: 0, late: 0 })
  },
  240_000,
)
