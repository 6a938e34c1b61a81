/** Consumers of all kinds: plain events, workers of a queue, groups, and readers of a stream. */

import { AckPolicy, DeliverPolicy, ReplayPolicy } from '@nats-io/jetstream'
import type { Channel, ConsumeRequest, Consumer, Deliver, Host } from 'busbar/transport'
import type { CoreEvents } from './core-events.js'
import { createDelays, type Delays } from './delays.js'
import { apiError } from './errors.js'
import { createLetters, type Letters } from './letters.js'
import type { Link } from './link.js'
import { type Names, workers } from './names.js'
import type { Settings } from './options.js'
import { isKept } from './plan.js'
import type { Publisher } from './publisher.js'
import { createReader } from './reader.js'
import type { Topology } from './topology.js'
import { createWorker, type Worker } from './worker.js'

export interface ConsumingOptions {
  readonly link: Link
  readonly host: Host
  readonly names: Names
  readonly settings: Settings
  readonly publisher: Publisher
  readonly events: CoreEvents
  readonly topology: Topology
  readonly makeId: () => string
}

export interface Ending extends Consumer {
  abandon(): void
}

/** Who is not asked for so long is taken for gone, with all that it had not handled. */
const inactiveMs = 300_000

export function createConsuming(options: ConsumingOptions) {
  const { link, host, names, settings, publisher, events, topology, makeId } = options
  const movers = new Map<string, { users: number; readonly delays: Delays }>()

  const lettersOf = (channel: Channel): Letters => createLetters(link, names, publisher, channel)
  const work = (
    request: ConsumeRequest,
    deliver: Deliver,
    consumer: string,
    restore: () => Promise<void>,
  ): Worker => {
    const letters = lettersOf(request.channel)
    const closeTimeoutMs = settings.answerTimeoutMs
    return createWorker(request, deliver, {
      link,
      host,
      names,
      letters,
      consumer,
      closeTimeoutMs,
      restore,
    })
  }
  /** One for each queue that this link works on. */
  const moveDelayed = (channel: Channel): (() => void) => {
    const known = movers.get(channel.name)
    const mover = known ?? { users: 0, delays: createDelays(link, host.clock, names, publisher, channel) }
    mover.users += 1
    movers.set(channel.name, mover)
    return () => {
      mover.users -= 1
      if (mover.users > 0) return
      movers.delete(channel.name)
      void mover.delays.stop()
    }
  }
  const finally_ = (worker: Ending, after: () => void): Ending => {
    let isOver = false
    const once = (): void => {
      if (isOver) return
      isOver = true
      after()
    }
    void worker.ended.then(once)
    return {
      ended: worker.ended,
      close: () => worker.close().finally(once),
      abandon() {
        worker.abandon()
        once()
      },
    }
  }
  const queue = (request: ConsumeRequest, deliver: Deliver): Ending => {
    const stop = moveDelayed(request.channel)
    const restore = () => topology.declare(request.channel)
    return finally_(work(request, deliver, workers, restore), stop)
  }
  const grouped = async (request: ConsumeRequest, deliver: Deliver, group: string): Promise<Ending> => {
    const { channel, pattern, start } = request
    const restore = () => topology.group(channel, group, pattern, start)
    const consumer = await restore()
    return work(request, deliver, consumer, async () => {
      await topology.declare(channel)
      await restore()
    })
  }
  /** A copy for this consumer alone, tracked while it is there. */
  const single = async (request: ConsumeRequest, deliver: Deliver): Promise<Ending> => {
    const { channel } = request
    const stream = names.stream(channel)
    const name = `each-${makeId()}`
    const make = async (): Promise<void> => {
      const { jsm } = await link.ready()
      try {
        await jsm.consumers.add(stream, {
          name,
          ack_policy: AckPolicy.Explicit,
          ack_wait: channel.guarantees.leaseMs * 1e6,
          deliver_policy: DeliverPolicy.New,
          replay_policy: ReplayPolicy.Instant,
          max_deliver: -1,
          max_ack_pending: -1,
          inactive_threshold: inactiveMs * 1e6,
        })
      } catch (error) {
        throw apiError(`Subscribing to "${channel.name}"`, error)
      }
    }
    await make()
    return finally_(work(request, deliver, name, make), () => {
      link.session?.jsm.consumers.delete(stream, name).catch(() => undefined)
    })
  }
  return {
    letters: lettersOf,
    async consume(request: ConsumeRequest, deliver: Deliver): Promise<Ending> {
      const { channel, group } = request
      if (!isKept(channel)) return events.consume(request, deliver)
      if (channel.kind === 'queue') return queue(request, deliver)
      if (group !== undefined) return grouped(request, deliver, group)
      if (channel.kind === 'stream') return createReader(request, deliver, { link, host, names })
      return single(request, deliver)
    },
  }
}
