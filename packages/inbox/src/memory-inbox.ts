/** An inbox in memory: for effects that live in this process, and for tests. */

import { BusError, type Clock, systemClock } from 'busbar/transport'
import type { InboxStore } from './store.js'

export interface MemoryInboxOptions {
  /** How long an id is remembered, in ms; default 86,400,000 (a day). */
  readonly keepMs?: number
  /** Ids remembered at most; beyond, the oldest is forgotten before its time. Default 100,000. */
  readonly maxIds?: number
  readonly clock?: Clock
}

/** It has no transactions: an effect that throws must leave nothing by itself. */
export interface MemoryInbox extends InboxStore<undefined> {
  /** Ids remembered now. */
  readonly size: number
  /** Ids forgotten before their time, because there were more than `maxIds`. */
  readonly forgotten: number
}

/** Gives an empty inbox of this process. What is forgotten may have its effect again. INVALID_OPTION. */
export function memoryInbox(options: MemoryInboxOptions = {}): MemoryInbox {
  const { keepMs = 86_400_000, maxIds = 100_000, clock = systemClock } = options
  requireWhole('keepMs', keepMs)
  requireWhole('maxIds', maxIds)
  /** When each mark ends; all live equally long, so that the oldest is the first. */
  const ends = new Map<string, number>()
  const running = new Map<string, Promise<void>>()
  let forgotten = 0

  function prune(): void {
    const now = clock.monotonic()
    for (const [mark, end] of ends) {
      if (end > now && ends.size <= maxIds) return
      if (end > now) forgotten += 1
      ends.delete(mark)
    }
  }

  return {
    async run(scope, id, effect) {
      // Neither part has control characters, so no two marks are alike.
      const mark = `${scope}\n${id}`
      for (let first = running.get(mark); first !== undefined; first = running.get(mark)) await first
      prune()
      if (ends.has(mark)) return false
      let finish = (): void => undefined
      running.set(mark, new Promise((resolve) => (finish = resolve)))
      try {
        await effect(undefined)
        ends.set(mark, clock.monotonic() + keepMs)
        prune()
        return true
      } finally {
        running.delete(mark)
        finish()
      }
    },
    get size() {
      prune()
      return ends.size
    },
    get forgotten() {
      return forgotten
    },
  }
}

function requireWhole(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return
  throw new BusError(
    'INVALID_OPTION',
    `memoryInbox() was given ${option}: ${String(value)}, it must be a whole number of at least 1.`,
    { details: { option } },
  )
}
