/** The ids that were published lately, so that a message sent twice is stored once. */

import type { Body } from '../body.js'
import type { Clock } from '../clock.js'
import { Ring } from './ring.js'

interface Seen {
  readonly id: string
  readonly until: number
  readonly digest: number
  readonly offset: number | undefined
}

export interface DedupeWindow {
  /** What is remembered of an id inside the window; a body other than the first is counted as a conflict. */
  find(id: string, body: Body): { readonly offset: number | undefined } | undefined
  add(id: string, digest: number, offset: number | undefined): void
  clear(): void
  readonly size: number
  /** Ids forgotten before their time because the window was full. */
  readonly evicted: number
  /** Duplicates whose body was not that of the first. */
  readonly conflicts: number
}

/** Bytes of a body that are compared; enough to find a mistake, and no burden for large payloads. */
const digestedBytes = 4_096

/** 32 bits of FNV-1a over the length and the beginning of a body. */
export function digestOf(body: Body): number {
  const bytes = body.bytes()
  const end = Math.min(bytes.length, digestedBytes)
  let hash = 0x811c9dc5 ^ bytes.length
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  return hash
}

/** Remembers each id for `windowMs`, at most `maxIds` at a time, the oldest forgotten first. */
export function createDedupeWindow(clock: Clock, windowMs: number, maxIds: number): DedupeWindow {
  let byId = new Map<string, Seen>()
  let byAge = new Ring<Seen>()
  let evicted = 0
  let conflicts = 0

  const forgetOldest = (): void => {
    const oldest = byAge.shift()
    if (oldest !== undefined) byId.delete(oldest.id)
  }
  const expire = (): void => {
    const now = clock.monotonic()
    for (let oldest = byAge.peek(); oldest !== undefined && oldest.until <= now; oldest = byAge.peek())
      forgetOldest()
  }
  return {
    find(id, body) {
      expire()
      const seen = byId.get(id)
      if (seen !== undefined && seen.digest !== digestOf(body)) conflicts++
      return seen
    },
    add(id, digest, offset) {
      if (byId.size >= maxIds) {
        forgetOldest()
        evicted++
      }
      const seen = { id, until: clock.monotonic() + windowMs, digest, offset }
      byId.set(id, seen)
      byAge.push(seen)
    },
    clear() {
      byId = new Map()
      byAge = new Ring()
    },
    get size() {
      return byId.size
    },
    get evicted() {
      return evicted
    },
    get conflicts() {
      return conflicts
    },
  }
}
