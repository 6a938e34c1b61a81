/** The ids that were published lately, so that a message sent twice is stored once. */

import type { Clock } from '../clock.js'
import { Ring } from './ring.js'

interface Seen {
  readonly id: string
  readonly until: number
  readonly offset: number | undefined
}

export interface DedupeWindow {
  /** What is remembered of an id inside the window. */
  find(id: string): { readonly offset: number | undefined } | undefined
  add(id: string, offset: number | undefined): void
  clear(): void
  readonly size: number
  /** Ids forgotten before their time because the window was full. */
  readonly evicted: number
}

/** Remembers each id for `windowMs`, at most `maxIds` at a time, the oldest forgotten first. */
export function createDedupeWindow(clock: Clock, windowMs: number, maxIds: number): DedupeWindow {
  let byId = new Map<string, Seen>()
  let byAge = new Ring<Seen>()
  let evicted = 0

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
    find(id) {
      expire()
      return byId.get(id)
    },
    add(id, offset) {
      if (byId.size >= maxIds) {
        forgetOldest()
        evicted++
      }
      const seen = { id, until: clock.monotonic() + windowMs, offset }
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
  }
}
