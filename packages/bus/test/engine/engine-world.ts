/** An engine under a manual clock and a deferral queue that the test empties, with workers that write down what they get. */

import { EncodedBody } from '../../src/body.js'
import type { Channel, Guarantees, Kind } from '../../src/channel.js'
import { createEngine } from '../../src/engine/create-engine.js'
import type { Claim, EngineConsumer, Sink } from '../../src/engine/engine.js'
import type { EngineLimits } from '../../src/engine/limits.js'
import { done, type Outcome } from '../../src/outcome.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import type { ConsumeRequest, Message, PublishRequest } from '../../src/transport.js'

export const channelOf = (
  kind: Kind,
  guarantees: Partial<Guarantees> = {},
  params: readonly string[] = [],
): Channel => ({
  name: 'airport.topic',
  kind,
  params,
  guarantees: {
    tracked: kind !== 'event',
    retry: { attempts: 3, backoff: 'fixed', initialMs: 100, maxMs: 100 },
    leaseMs: 30_000,
    ordered: false,
    priority: false,
    ttlMs: undefined,
    dedupeMs: undefined,
    maxBytes: 1_000_000,
    durable: false,
    keepMs: undefined,
    keepCount: undefined,
    keepBytes: undefined,
    streamed: false,
    ...guarantees,
  },
  fingerprint: 'first',
})

export const retry = (afterMs = 0): Outcome => ({ kind: 'retry', afterMs, failure: { message: 'no' } })
export const reject: Outcome = { kind: 'reject', reason: 'rejected', failure: { message: 'never' } }

/** A consumer that keeps its claims until the test settles them. */
export class Worker implements Sink {
  readonly claims: Claim[] = []
  readonly gaps: number[] = []
  readonly lostTokens: number[] = []
  readonly ends: unknown[] = []
  consumer!: EngineConsumer
  onDeliver: (claim: Claim) => void = () => undefined

  deliver(claim: Claim): void {
    if (this.ends.length > 0) throw new Error('a delivery after the end')
    this.claims.push(claim)
    this.onDeliver(claim)
  }
  onGap({ count }: { readonly count: number }): void {
    this.gaps.push(count)
  }
  ended(reason: unknown): void {
    if (this.ends.length > 0) throw new Error('ended twice')
    this.ends.push(reason)
  }
  lost(token: number): void {
    this.lostTokens.push(token)
  }

  get ids(): string[] {
    return this.claims.map(({ message }) => message.id)
  }
  get last(): Claim {
    const claim = this.claims.at(-1)
    if (claim === undefined) throw new Error('nothing was delivered')
    return claim
  }
  settleLast(outcome: Outcome = done): boolean {
    return this.consumer.settle(this.last.token, outcome)
  }
}

export function createWorld(channel: Channel, limits: EngineLimits = {}) {
  const clock = new ManualClock()
  let tasks: (() => void)[] = []
  const engine = createEngine({ clock, random: () => 0.5, defer: (fn) => void tasks.push(fn), limits })
  engine.declare(channel)

  const message = (id: string, more: Partial<Message> = {}): Message => ({
    id,
    address: [channel.name, ...channel.params.map(() => 'x')].join('.'),
    key: undefined,
    headers: {},
    time: clock.now(),
    body: new EncodedBody('json', new Uint8Array(10)),
    ...more,
  })

  return {
    clock,
    engine,
    message,
    /** Runs what was deferred, and what that defers, until all is quiet. */
    run(): void {
      for (let turn = 0; tasks.length > 0; turn++) {
        if (turn > 10_000) throw new Error('deferred tasks never end')
        const now = tasks
        tasks = []
        for (const task of now) task()
      }
    },
    get pendingTasks(): number {
      return tasks.length
    },
    publish: (id: string, more: Partial<Message> = {}, options: Partial<PublishRequest> = {}) =>
      engine.publish({ channel, message: message(id, more), ...options }),
    worker(credit: number, options: Partial<ConsumeRequest> = {}): Worker {
      const worker = new Worker()
      const pattern = [channel.name, ...channel.params.map(() => '*')].join('.')
      worker.consumer = engine.consume(
        { channel, pattern, group: 'g', concurrency: 1, onGap: () => undefined, ...options },
        worker,
      )
      worker.consumer.credit(credit)
      return worker
    },
    inspect: () => engine.manage(channel, { op: 'inspect' }),
    letters: () => engine.manage(channel, { op: 'dead.list', limit: 1_000 }).letters,
    redrive: (ids?: readonly string[]) =>
      engine.manage(channel, { op: 'dead.redrive', ...(ids !== undefined && { ids }) }).count,
    discard: (ids?: readonly string[]) =>
      engine.manage(channel, { op: 'dead.discard', ...(ids !== undefined && { ids }) }).count,
    purge: () => engine.manage(channel, { op: 'purge' }).count,
  }
}

export type World = ReturnType<typeof createWorld>
