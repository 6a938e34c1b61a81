/** A log under a manual clock, with consumers that write down what they get. */

import { EncodedBody } from '../../src/body.js'
import type { Guarantees } from '../../src/channel.js'
import type { Claim, EngineConsumer } from '../../src/engine/engine.js'
import { defaultLimits } from '../../src/engine/limits.js'
import { createLog } from '../../src/engine/log.js'
import { done, type Outcome } from '../../src/outcome.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import type { ConsumeRequest } from '../../src/transport.js'
import { channelOf } from './exchange-world.js'

export interface Gap {
  readonly count: number
  readonly from?: number
  readonly to?: number
}

export interface Reading {
  readonly consumer: EngineConsumer
  readonly claims: Claim[]
  /** What happened, in order: offsets, `gap 0-4`, `ended`. */
  readonly seen: (number | string)[]
  readonly gaps: Gap[]
  readonly lost: number[]
}

export type Consume = Partial<ConsumeRequest> & {
  /** Default: settles with `done` at once and asks for the next. */
  readonly on?: (claim: Claim, consumer: EngineConsumer) => Outcome | undefined
  readonly credit?: number
}

export const rejected = (message: string): Outcome => ({
  kind: 'reject',
  reason: 'rejected',
  failure: { message },
})
export const again: Outcome = { kind: 'retry', afterMs: 10, failure: { message: 'again' } }

export function logWorld(guarantees: Partial<Guarantees> = {}, params: readonly string[] = ['plane']) {
  const clock = new ManualClock()
  const queue: (() => void)[] = []
  let token = 0
  const plain = channelOf('stream', params)
  const channel = { ...plain, name: 'radar.point', guarantees: { ...plain.guarantees, ...guarantees } }
  const log = createLog(channel, {
    clock,
    random: () => 0.5,
    defer: (fn) => void queue.push(fn),
    limits: defaultLimits,
    nextToken: () => ++token,
  })
  const settle = (): void => {
    do {
      for (let fn = queue.shift(); fn !== undefined; fn = queue.shift()) fn()
      // Who pauses for I/O goes on.
      clock.advance(0)
    } while (queue.length > 0)
  }
  return {
    log,
    clock,
    channel,
    settle,
    append(options: { plane?: string; key?: string; bytes?: number } = {}): number {
      const receipt = log.publish({
        channel,
        message: {
          id: `m${log.inspect().next}`,
          address: `radar.point.${options.plane ?? 'KL1'}`,
          key: options.key,
          headers: {},
          time: 0,
          body: new EncodedBody('json', new Uint8Array(options.bytes ?? 10)),
        },
      })
      if (receipt instanceof Promise || receipt.offset === undefined) throw new Error('no offset')
      return receipt.offset
    },
    consume({ on = () => done, credit = 1, ...request }: Consume = {}): Reading {
      const reading = { claims: [], seen: [], gaps: [], lost: [] } as Omit<Reading, 'consumer'>
      const consumer = log.consume(
        { channel, pattern: 'radar.point.**', group: undefined, concurrency: credit, onGap() {}, ...request },
        {
          deliver(claim) {
            reading.claims.push(claim)
            reading.seen.push(claim.offset ?? -1)
            const outcome = on(claim, consumer)
            if (outcome === undefined) return
            consumer.settle(claim.token, outcome)
            consumer.credit(1)
          },
          onGap(gap) {
            reading.gaps.push(gap)
            reading.seen.push(`gap ${gap.from}-${gap.to}`)
          },
          ended: (reason) => void reading.seen.push(reason ?? 'ended'),
          lost: (lost) => void reading.lost.push(lost),
        },
      )
      consumer.credit(credit)
      return { ...reading, consumer }
    },
  }
}
