/** What producers, consumers and the auditor of one workload share. */

import { type AnyTopic, type Bus, type Clock, type Connect, createBus, isBusError } from 'busbar'
import type { Happening } from '../history/event.js'
import type { History } from '../history/history.js'
import type { WorkloadTopics } from './topics.js'

export interface HostOptions {
  readonly connect: Connect
  readonly topics: WorkloadTopics
  readonly clock: Clock
  readonly random: () => number
  readonly history: History
  /** Topics that the transport has no kind for. */
  readonly leaveOut?: readonly (keyof WorkloadTopics)[]
  /** Scales the waits of the buses after a break, from 0 to 1; default 1. Below, more is done between two faults. */
  readonly patience?: number
}

export class WorkloadHost {
  /** Handlers do as they are told, so that the rest comes to its end. */
  isCalm = false
  /** The highest offset that each reader of the stream has seen. */
  readonly offsets = new Map<string, number>()
  private deliveries = 0

  /** The topics that are in use. */
  readonly topics: readonly WorkloadTopics[keyof WorkloadTopics][]

  constructor(readonly options: HostOptions) {
    const { topics, leaveOut = [] } = options
    this.topics = Object.values(topics).filter(
      (topic) => !leaveOut.some((name) => topics[name].name === topic.name),
    )
  }

  has({ name }: AnyTopic): boolean {
    return this.topics.some((topic) => topic.name === name)
  }

  /** Those whose messages can die. */
  get tracked(): WorkloadHost['topics'] {
    return this.topics.filter((topic) => topic.channel.guarantees.tracked)
  }

  write(process: string, happening: Happening): void {
    this.options.history.write(process, happening)
  }

  /** A bus whose breaks are written down. */
  async bus(process: string, drainTimeoutMs = 10_000): Promise<Bus> {
    const { connect, clock, patience = 1 } = this.options
    const random = (): number => this.options.random() * patience
    const options = { service: 'workload', transport: connect, clock, random, drainTimeoutMs }
    const bus = await this.insist(() => createBus(options))
    bus.status.on('state', (state) => {
      if (state !== 'closed') this.write(process, { op: 'link', state })
    })
    return bus
  }

  /** Tries again while the hub is away. */
  async insist<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (!isBusError(error, 'DISCONNECTED') && !isBusError(error, 'UNREACHABLE')) throw error
        await this.pause(10)
      }
    }
  }

  nextDelivery(): number {
    this.deliveries += 1
    return this.deliveries
  }

  chance(probability: number): boolean {
    return this.options.random() < probability
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return Math.floor(this.options.random() * limit)
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.options.clock.after(ms, resolve, { keepAlive: true })
    })
  }
}
