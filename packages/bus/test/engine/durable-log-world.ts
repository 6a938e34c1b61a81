/** A durable stream on a store in memory, with consumers that write down what they get. */

import type { Claim, EngineConsumer } from '../../src/engine/engine.js'
import { done, type Outcome } from '../../src/outcome.js'
import type { ConsumeRequest } from '../../src/transport.js'
import { createDurableWorld, type DurableWorldOptions } from './durable-world.js'

export type Read = Partial<ConsumeRequest> & {
  /** Default: settles with `done` at once and asks for the next. */
  readonly on?: (claim: Claim, consumer: EngineConsumer) => Outcome | undefined
  readonly credit?: number
}

export interface Reading {
  readonly consumer: EngineConsumer
  readonly claims: Claim[]
  /** What happened, in order: offsets, `gap 0-4`, `ended`. */
  readonly seen: (number | string)[]
  readonly lost: number[]
}

export const upTo = (end: number, from = 0): number[] =>
  Array.from({ length: end - from }, (_, n) => from + n)

export function createDurableLogWorld(options: DurableWorldOptions = {}) {
  const world = createDurableWorld({ kind: 'stream', params: ['plane'], ...options })
  let lastId = 0
  /** Like `settle` of the world; who pauses for I/O goes on. */
  const settle = async (): Promise<void> => {
    do {
      await world.settle()
      world.clock.advance(0)
    } while (world.pending > 0)
  }
  return {
    ...world,
    get engine() {
      return world.engine
    },
    get store() {
      return world.store
    },
    settle,
    append(plane = 'KL1', more: { readonly key?: string; readonly id?: string } = {}) {
      const { id = `m${lastId++}`, key } = more
      return world.publish(id, { address: `${world.channel.name}.${plane}`, key })
    },
    /** Appends so many records, in one turn. */
    async fill(count: number, plane = 'KL1'): Promise<void> {
      for (let n = 0; n < count; n++)
        world.publish(`m${lastId++}`, { address: `${world.channel.name}.${plane}` })
      await settle()
    },
    read({ on = () => done, credit = 1, ...request }: Read = {}): Reading {
      const reading = { claims: [], seen: [], lost: [] } as Omit<Reading, 'consumer'>
      const consumer = world.engine.consume(
        {
          channel: world.channel,
          pattern: `${world.channel.name}.*`,
          group: undefined,
          concurrency: credit,
          onGap() {},
          ...request,
        },
        {
          deliver(claim) {
            reading.claims.push(claim)
            reading.seen.push(claim.offset ?? -1)
            const outcome = on(claim, consumer)
            if (outcome === undefined) return
            consumer.settle(claim.token, outcome)
            consumer.credit(1)
          },
          onGap: ({ from, to }) => void reading.seen.push(`gap ${from}-${to}`),
          ended: (reason) => void reading.seen.push(reason ?? 'ended'),
          lost: (token) => void reading.lost.push(token),
        },
      )
      consumer.credit(credit)
      return { ...reading, consumer }
    },
  }
}
