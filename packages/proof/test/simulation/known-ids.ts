/** Which publish ids the hub must, may and must not take for known. */

import { dedupeMs } from './scenarios.js'
import { Trail } from './trail.js'

interface Seen {
  readonly n: number
  readonly at: number
}

export type Expected = 'new' | 'duplicate' | 'either'

export class KnownIds {
  private readonly ids = new Map<string, Trail<Seen | undefined>>()

  constructor(private readonly isAsked: boolean) {}

  /** What is to be expected of a publish; `isVague` when the time is not known. */
  expect(id: string, now: number, isVague: boolean): Expected {
    const states = this.ids.get(id)?.states ?? [undefined]
    if (!this.isAsked || states.every((seen) => seen === undefined)) return 'new'
    if (isVague) return 'either'
    const known = states.filter((seen) => isInside(seen, now))
    return known.length === 0 ? 'new' : known.length === states.length ? 'duplicate' : 'either'
  }

  published(id: string, n: number, now: number, seq: number, expected: Expected): void {
    if (!this.isAsked || expected === 'duplicate') return
    const trail = this.ids.get(id) ?? new Trail<Seen | undefined>([undefined])
    this.ids.set(id, trail)
    const before = expected === 'new' ? [] : trail.states.filter((seen) => seen !== undefined)
    trail.push(seq, [...before, { n, at: now }])
  }

  /** The hub said which it was. */
  answered(id: string, n: number, isDuplicate: boolean): void {
    // Nothing is left to choose where it was purged or published again meanwhile.
    this.ids.get(id)?.keep((seen) => seen !== undefined && (seen.n === n) === !isDuplicate)
  }

  clear(seq: number): void {
    for (const trail of this.ids.values()) trail.push(seq, [undefined])
  }

  confirm(seq: number): void {
    for (const trail of this.ids.values()) trail.confirm(seq)
  }

  crash(seq: number): void {
    for (const trail of this.ids.values()) trail.crash(seq, (seen) => seen)
  }
}

const isInside = (seen: Seen | undefined, now: number): boolean =>
  seen !== undefined && now - seen.at < dedupeMs
