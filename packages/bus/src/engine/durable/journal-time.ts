/** The time of a journal: wall time that neither goes back nor jumps while the process lives. */

import type { Clock } from '../../clock.js'

export interface JournalTime {
  /** Wall ms as they were at the start, plus what has passed since by the monotonic clock. */
  now(): number
  /** Takes up the time of an earlier record: no later one may be before it. Counts from `start` on. */
  follow(time: number): void
  /** The earlier records were read. */
  start(): void
}

/** A clock that was set back while the process was away must not make old records young again. */
export function createJournalTime(clock: Clock): JournalTime {
  let base = clock.now() - clock.monotonic()
  let latest = Number.NEGATIVE_INFINITY
  return {
    now: () => base + clock.monotonic(),
    follow(time) {
      if (time > latest) latest = time
    },
    start() {
      base = Math.max(base, latest - clock.monotonic())
    },
  }
}
