/** What came as shadow of what: per topic and group, with how far the other side is behind. */

import type { Clock, Message } from 'busbar/transport'

export interface GroupReport {
  readonly topic: string
  /** Undefined for consumers that get a copy of everything. */
  readonly group: string | undefined
  /** Messages that were handled, and shadows that were put away. */
  readonly real: number
  readonly shadows: number
  /** Seen on both sides by this process. */
  readonly matched: number
  /** Seen on one side only, so far or for good; forgotten ones included. */
  readonly onlyReal: number
  readonly onlyShadow: number
  /** How much later the shadow came than the message, in ms; negative when it came first. */
  readonly lag: { readonly meanMs: number; readonly maxMs: number }
  /**
   * Sums over the ids of each side, modulo 2^32. Where a group has several processes, a message and its shadow may come to
   * different ones: add up the sums of all; they are equal when both sides had the same ids.
   */
  readonly realSum: number
  readonly shadowSum: number
}

export interface Comparison {
  /** A consumer's share in the comparison. */
  group(topic: string, group: string | undefined): GroupComparison
  reports(): readonly GroupReport[]
}

export interface GroupComparison {
  /** Once for each message of each side, at its first delivery. */
  saw(message: Message, side: 'real' | 'shadow'): void
}

class Group implements GroupComparison {
  private readonly waiting = { real: new Map<string, number>(), shadow: new Map<string, number>() }
  private readonly counts = { real: 0, shadow: 0 }
  private readonly sums = { real: 0, shadow: 0 }
  private readonly forgotten = { real: 0, shadow: 0 }
  private matched = 0
  private lagSumMs = 0
  private lagMaxMs = 0

  constructor(
    private readonly topic: string,
    private readonly name: string | undefined,
    private readonly clock: Clock,
    private readonly window: number,
  ) {}

  saw({ id }: Message, side: 'real' | 'shadow'): void {
    const now = this.clock.monotonic()
    this.counts[side] += 1
    this.sums[side] = (this.sums[side] + hashOf(id)) >>> 0
    const other = side === 'real' ? 'shadow' : 'real'
    const seen = this.waiting[other].get(id)
    if (seen === undefined) {
      this.wait(side, id, now)
      return
    }
    this.waiting[other].delete(id)
    this.matched += 1
    const lagMs = side === 'shadow' ? now - seen : seen - now
    this.lagSumMs += lagMs
    this.lagMaxMs = Math.max(this.lagMaxMs, lagMs)
  }

  report(): GroupReport {
    const { waiting, counts, sums, forgotten, matched } = this
    return {
      topic: this.topic,
      group: this.name,
      real: counts.real,
      shadows: counts.shadow,
      matched,
      onlyReal: waiting.real.size + forgotten.real,
      onlyShadow: waiting.shadow.size + forgotten.shadow,
      lag: { meanMs: matched === 0 ? 0 : this.lagSumMs / matched, maxMs: this.lagMaxMs },
      realSum: sums.real,
      shadowSum: sums.shadow,
    }
  }

  private wait(side: 'real' | 'shadow', id: string, now: number): void {
    const mine = this.waiting[side]
    mine.set(id, now)
    if (mine.size <= this.window) return
    const oldest = mine.keys().next().value
    if (oldest !== undefined) mine.delete(oldest)
    this.forgotten[side] += 1
  }
}

/** FNV-1a over the UTF-16 units. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** Remembers up to `window` ids per group and side that have not met their other half. */
export function createComparison(clock: Clock, window: number): Comparison {
  const groups = new Map<string, Group>()
  return {
    group(topic, name) {
      const key = JSON.stringify([topic, name])
      const known = groups.get(key)
      if (known !== undefined) return known
      const fresh = new Group(topic, name, clock, window)
      groups.set(key, fresh)
      return fresh
    },
    reports: () => [...groups.values()].map((group) => group.report()),
  }
}
