/** For every feature that a transport says `none` to: the bus refuses it at first use, by name. */

import { type AnyTopic, type Bus, contract, event, pair, queue, request, stream } from 'busbar'
import { type Feature, features } from 'busbar/transport'
import { z } from 'zod'
import { chapter, type Draft } from './case.js'
import { expectRefusal, expectSame, expectThat } from './expectation.js'

interface Refusal {
  /** What the feature is a part of: without that, something else is refused first. */
  readonly needs: readonly Feature[]
  /** Uses the feature for the first time; gives the topic and the attempt. */
  use(bus: Bus, name: string): { readonly topic: AnyTopic; attempt(): unknown }
}

/** Features that no topic, verb or option asks for, each with the reason why there is nothing to refuse. */
export const unasked: Readonly<Partial<Record<Feature, string>>> = {
  'queue.lease': 'every tracked delivery has a lease; a wire without leases cannot offer queues at all',
  'request.cancel': 'a caller that gives up is told so at once whether or not the responder hears of it',
  'stream.receipts': 'a receipt without an offset says so itself, for that is optional in its type',
  reconnect: 'a link that cannot come back reports the state lost, and says so through bus.status',
}

const value = z.number()
const handler = (): void => {}
const firstOf = async (records: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of records) return
}

const publishing =
  (options: Parameters<typeof event>[1]): Refusal['use'] =>
  (bus, name) => {
    const { topic } = contract(name, { topic: event(value, options) })
    return { topic, attempt: () => bus.publish(topic, 1) }
  }
const sending =
  (options: Parameters<typeof queue<number, number>>[1], how: { delayMs?: number } = {}): Refusal['use'] =>
  (bus, name) => {
    const { topic } = contract(name, { topic: queue(value, options) })
    return { topic, attempt: () => bus.send(topic, 1, how) }
  }
const subscribing =
  (group: string): Refusal['use'] =>
  (bus, name) => {
    const { topic } = contract(name, { topic: event(value) })
    return { topic, attempt: () => bus.subscribe(topic, handler, { group }) }
  }
const replaying =
  (from: { readonly offset: number } | { readonly time: number }): Refusal['use'] =>
  (bus, name) => {
    const { topic } = contract(name, { topic: stream(value) })
    return { topic, attempt: () => firstOf(bus.replay(topic, { from, to: 'now' })) }
  }
const once = { attempts: 1 }

/** How each feature is asked for. */
export const refused: Readonly<Partial<Record<Feature, Refusal>>> = {
  event: { needs: [], use: publishing({}) },
  'event.groups': { needs: ['event'], use: subscribing('g') },
  'event.each': { needs: ['event'], use: subscribing('each') },
  'event.path': {
    needs: ['event'],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: event(value, { path: '{gate}' }) })
      return { topic, attempt: () => bus.publish(topic, 1, { params: { gate: 'B7' } }) }
    },
  },
  'event.block': {
    needs: ['event', 'event.each'],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: event(value) })
      const buffer = { overflow: 'block' } as const
      return { topic, attempt: () => bus.subscribe(topic, handler, { group: 'each', buffer }) }
    },
  },
  'event.retry': { needs: ['event'], use: publishing({ retry: { attempts: 2 } }) },
  queue: { needs: [], use: sending({ retry: once }) },
  'queue.retry': { needs: ['queue'], use: sending({ retry: { attempts: 2 } }) },
  'queue.delay': { needs: ['queue'], use: sending({ retry: once }, { delayMs: 10 }) },
  'queue.priority': { needs: ['queue'], use: sending({ retry: once, priority: true }) },
  'queue.order': { needs: ['queue'], use: sending({ retry: once, key: (n) => `${n}` }) },
  'queue.expiry': { needs: ['queue'], use: sending({ retry: once, ttlMs: 1_000 }) },
  request: {
    needs: [],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: request({ input: value, output: value }) })
      return { topic, attempt: () => bus.request(topic, 1) }
    },
  },
  'request.streamed': {
    needs: ['request'],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: request({ input: value, output: value, streamed: true }) })
      return { topic, attempt: () => firstOf(bus.request(topic, 1)) }
    },
  },
  stream: {
    needs: [],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: stream(value) })
      return { topic, attempt: () => bus.append(topic, 1) }
    },
  },
  'stream.groups': {
    needs: ['stream'],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: stream(value) })
      return { topic, attempt: () => bus.subscribe(topic, handler) }
    },
  },
  'stream.offset': { needs: ['stream'], use: replaying({ offset: 0 }) },
  'stream.time': { needs: ['stream'], use: replaying({ time: 0 }) },
  'stream.retention': {
    needs: ['stream'],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: stream(value, { keepCount: 10 }) })
      return { topic, attempt: () => bus.append(topic, 1) }
    },
  },
  pair: {
    needs: [],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: pair({ dialer: value, accepter: value }) })
      return { topic, attempt: () => bus.dial(topic) }
    },
  },
  deadletters: {
    needs: ['queue'],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: queue(value, { retry: once }) })
      return { topic, attempt: () => bus.deadLetters(topic).list() }
    },
  },
  dedupe: { needs: ['queue'], use: sending({ retry: once, dedupeMs: 1_000 }) },
  inspect: {
    needs: ['queue'],
    use: (bus, name) => {
      const { topic } = contract(name, { topic: queue(value, { retry: once }) })
      return { topic, attempt: () => bus.inspect(topic) }
    },
  },
  durable: { needs: ['queue'], use: sending({ retry: once, durable: true }) },
}

const draft = (feature: Feature, { needs, use }: Refusal): Draft => ({
  name: feature.replaceAll('.', '-'),
  title: `F84 without ${feature} its first use is UNSUPPORTED, naming topic, feature, transport and alternatives`,
  proves: feature,
  needs,
  lacks: feature,
  async run(scene) {
    const bus = await scene.bus('refused')
    const { transport } = await scene.link()
    const { topic, attempt } = use(bus, scene.id)
    const { details, message } = await expectRefusal(attempt, 'UNSUPPORTED', `using ${feature}`)
    expectSame([details.topic, details.feature], [topic.name, feature], 'details')
    for (const word of [topic.name, feature, transport.name]) {
      expectThat(message.includes(word), `the message names ${word}: ${message}`)
    }
    expectThat(/\b(memory|tcp|websocket|hub)\b/.test(message), `the message names alternatives: ${message}`)
  },
})

export const refusals = chapter(
  'refusals',
  features.flatMap((feature) => {
    const refusal = refused[feature]
    return refusal === undefined ? [] : [draft(feature, refusal)]
  }),
)
