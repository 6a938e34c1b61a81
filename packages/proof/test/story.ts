/** Writes histories by hand: each line a call, everything usual left out. */

import type { Happening, HistoryEvent } from '../src/history/event.js'
import { check, type Report } from '../src/index.js'

type TopicFacts = Extract<Happening, { readonly op: 'topic' }>
type Invoked = Extract<Happening, { readonly op: 'publish'; readonly type: 'invoke' }>
type Delivered = Extract<Happening, { readonly op: 'deliver' }>
type Counts = Extract<Happening, { readonly op: 'counts' }>

const hashOf = (value: string): number => [...value].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7)

/** One history about one topic; ids are the values with `#` before them. */
export class Story {
  readonly events: HistoryEvent[] = []
  private n = 0
  private at = 0
  private readonly topic: string

  constructor(private readonly facts: Partial<TopicFacts> = {}) {
    this.topic = facts.topic ?? 't'
    this.add('harness', {
      op: 'topic',
      topic: this.topic,
      kind: 'queue',
      tracked: true,
      ordered: false,
      durable: true,
      attempts: 3,
      leaseMs: 1_000,
      ...facts,
    })
  }

  add(process: string, happening: Happening): this {
    this.at += 1
    this.events.push({ at: this.at, process, ...happening })
    return this
  }

  pass(ms: number): this {
    this.at += ms
    return this
  }

  invoke(value: string, more: Partial<Invoked> = {}): this {
    const producer = value.slice(0, value.indexOf('-'))
    const { topic } = this
    const call = {
      op: 'publish',
      type: 'invoke',
      topic,
      id: `#${value}`,
      value,
      hash: hashOf(value),
    } as const
    return this.add(producer, { ...call, ...more })
  }

  receipt(
    value: string,
    more: { readonly offset?: number; readonly duplicate?: boolean; readonly level?: 'accepted' } = {},
  ): this {
    const level = this.facts.durable === false ? 'accepted' : 'durable'
    return this.add('producer', {
      op: 'publish',
      type: 'ok',
      topic: this.topic,
      id: `#${value}`,
      level,
      ...more,
    })
  }

  failed(value: string, type: 'fail' | 'unknown'): this {
    return this.add('producer', {
      op: 'publish',
      type,
      topic: this.topic,
      id: `#${value}`,
      code: 'DISCONNECTED',
    })
  }

  publish(value: string, more: Partial<Invoked> & { readonly offset?: number } = {}): this {
    const { offset, ...call } = more
    return this.invoke(value, call).receipt(value, offset === undefined ? {} : { offset })
  }

  subscribe(
    process: string,
    concurrency = 1,
    more: { readonly group?: string; readonly from?: number } = {},
  ) {
    return this.add(process, { op: 'subscribe', topic: this.topic, concurrency, ...more })
  }

  unsubscribe(process: string, type: 'invoke' | 'ok', group?: string): this {
    const place = { topic: this.topic, ...(group !== undefined && { group }) }
    return this.add(process, { op: 'unsubscribe', type, ...place })
  }

  deliver(process: string, value: string, more: Partial<Delivered> = {}): number {
    this.n += 1
    this.add(process, {
      op: 'deliver',
      topic: this.topic,
      n: this.n,
      id: `#${value}`,
      value,
      hash: hashOf(value),
      attempt: 1,
      ...more,
    })
    return this.n
  }

  settle(process: string, n: number, outcome: 'done' | 'drop' | 'retry' | 'reject'): this {
    return this.add(process, { op: 'settle', n, outcome })
  }

  handle(process: string, value: string, more: Partial<Delivered> = {}): this {
    return this.settle(process, this.deliver(process, value, more), 'done')
  }

  confirm(process: string, group?: string): this {
    return this.add(process, {
      op: 'confirm',
      topic: this.topic,
      ...(group !== undefined && { group }),
    })
  }

  kill(): this {
    this.add('nemesis', { op: 'fault', type: 'begin', fault: 'kill' })
    return this.add('nemesis', { op: 'fault', type: 'end', fault: 'kill' })
  }

  dead(
    value: string,
    more: { readonly hash?: number; readonly reason?: string; readonly group?: string } = {},
  ) {
    return this.add('harness', {
      op: 'dead',
      topic: this.topic,
      id: `#${value}`,
      value,
      hash: hashOf(value),
      reason: 'rejected',
      ...more,
    })
  }

  record(offset: number, value: string): this {
    const id = `#${value}`
    return this.add('harness', { op: 'record', topic: this.topic, offset, id, value, hash: hashOf(value) })
  }

  counts(counts: Partial<Counts>): this {
    const none = {
      received: 0,
      ready: 0,
      delayed: 0,
      leased: 0,
      done: 0,
      dropped: 0,
      dead: 0,
      expired: 0,
      purged: 0,
    }
    return this.add('harness', { op: 'counts', topic: this.topic, ...none, ...counts })
  }

  drained(): this {
    return this.add('harness', { op: 'drained', topic: this.topic })
  }

  /** The verdict, with everything drained. */
  verdict(): Report {
    return check(this.drained().events)
  }
}
