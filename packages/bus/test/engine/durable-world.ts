/** An engine on a store in memory, which can be restarted on what that store kept. */

import { EncodedBody } from '../../src/body.js'
import type { Channel, Guarantees } from '../../src/channel.js'
import { createEngine } from '../../src/engine/create-engine.js'
import type { EngineLimits } from '../../src/engine/limits.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import type { ConsumeRequest, Message, PublishRequest, Receipt } from '../../src/transport.js'
import { channelOf, Worker } from './engine-world.js'
import { createMemoryStore, type MemoryStoreOptions } from './memory-store.js'

export interface DurableWorldOptions extends MemoryStoreOptions {
  readonly kind?: 'queue' | 'event' | 'stream'
  readonly guarantees?: Partial<Guarantees>
  readonly params?: readonly string[]
  readonly limits?: EngineLimits
  readonly crashFails?: boolean
}

/** What became of a publish. */
export interface Sent {
  readonly id: string
  receipt?: Receipt
  error?: unknown
}

export function createDurableWorld(options: DurableWorldOptions = {}) {
  const { kind = 'queue', guarantees, params, limits = {}, crashFails = false } = options
  const channel: Channel = channelOf(kind, { tracked: true, durable: true, ...guarantees }, params)
  const clock = new ManualClock()
  let tasks: (() => void)[] = []
  let store = createMemoryStore(options)
  const start = () => {
    tasks = []
    const made = createEngine({
      clock,
      random: () => 0.5,
      defer: (fn) => void tasks.push(fn),
      limits,
      store,
      crashFails,
    })
    made.declare(channel)
    return made
  }
  let engine = start()
  const pattern = [channel.name, ...channel.params.map(() => '*')].join('.')

  const world = {
    clock,
    channel,
    get engine() {
      return engine
    },
    get store() {
      return store
    },
    get pending() {
      return tasks.length
    },
    run(): void {
      for (let turn = 0; tasks.length > 0; turn++) {
        if (turn > 10_000) throw new Error('deferred tasks never end')
        const now = tasks
        tasks = []
        for (const task of now) task()
      }
    },
    /** Puts all on disk and lets everything happen that follows. */
    async settle(): Promise<void> {
      for (let round = 0; round < 4; round++) {
        world.run()
        store.sync()
        world.run()
        await Promise.resolve()
      }
    },
    publish(id: string, more: Partial<Message> = {}, how: Partial<PublishRequest> = {}): Sent {
      const message: Message = {
        id,
        address: [channel.name, ...channel.params.map(() => 'x')].join('.'),
        key: undefined,
        headers: {},
        time: clock.now(),
        body: new EncodedBody('json', new TextEncoder().encode(JSON.stringify(id))),
        ...more,
      }
      const sent: Sent = { id }
      try {
        const result = engine.publish({ channel, message, ...how })
        if (result instanceof Promise)
          result.then(
            (receipt) => {
              sent.receipt = receipt
            },
            (error: unknown) => {
              sent.error = error
            },
          )
        else sent.receipt = result
      } catch (error) {
        sent.error = error
      }
      return sent
    },
    worker(credit: number, request: Partial<ConsumeRequest> = {}): Worker {
      const worker = new Worker()
      worker.consumer = engine.consume(
        { channel, pattern, group: 'g', concurrency: 1, onGap: (gap) => worker.onGap(gap), ...request },
        worker,
      )
      worker.consumer.credit(credit)
      return worker
    },
    /** The process ends and the next one begins; `lose` what was not synced. */
    restart({ lose = false }: { readonly lose?: boolean } = {}): void {
      store = store.crash({ keepWritten: !lose })
      engine = start()
    },
    inspect: () => engine.manage(channel, { op: 'inspect' }),
    letters: () => engine.manage(channel, { op: 'dead.list', limit: 1_000 }).letters,
    redrive: () => engine.manage(channel, { op: 'dead.redrive' }).count,
    discard: () => engine.manage(channel, { op: 'dead.discard' }).count,
    purge: () => engine.manage(channel, { op: 'purge' }).count,
    /** Received is what was received, wherever it is now. */
    balance(): number {
      const { received, ready, delayed, leased, done, dropped, dead, expired, purged } = world.inspect()
      return received - ready - delayed - leased - done - dropped - dead - expired - purged
    },
  }
  return world
}
