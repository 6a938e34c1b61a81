/** How long records of a stream are kept: by age, by count and by bytes, whichever limit is met first. */

import type { Guarantees } from '../channel.js'
import type { Clock, Timer } from '../clock.js'
import { isBusError } from '../errors.js'
import type { LogRecords } from './log-records.js'

export interface Retention {
  /** Removes what is over a limit now. */
  apply(): void
  close(): void
}

type Limits = Pick<Guarantees, 'keepMs' | 'keepCount' | 'keepBytes'>

/** Age counts on the monotonic clock, so that a jump of the wall clock removes nothing. */
export function createRetention(clock: Clock, limits: Limits, records: LogRecords): Retention {
  const keepMs = limits.keepMs ?? Number.POSITIVE_INFINITY
  const keepCount = limits.keepCount ?? Number.POSITIVE_INFINITY
  const keepBytes = limits.keepBytes ?? Number.POSITIVE_INFINITY
  // Appends, new readers and inspection look at the age themselves; the timer is for quiet streams and may be late.
  const coarseMs = Math.min(1_000, keepMs / 10)
  let timer: Timer | undefined
  let closed = false

  const isOver = (): boolean => {
    const count = records.next - records.first
    // The newest record stays whatever its size: a limit smaller than one record must not make the stream mute.
    if (count > keepCount || (count > 1 && records.bytes > keepBytes)) return true
    if (keepMs === Number.POSITIVE_INFINITY) return false
    const { firstAge } = records
    return firstAge !== undefined && firstAge + keepMs <= clock.monotonic()
  }

  const apply = (): void => {
    while (isOver()) records.removeFirst()
    if (closed || timer !== undefined || keepMs === Number.POSITIVE_INFINITY) return
    const { firstAge } = records
    if (firstAge === undefined) return
    timer = clock.after(Math.max(coarseMs, firstAge + keepMs - clock.monotonic()), () => {
      timer = undefined
      try {
        apply()
      } catch (error) {
        // A damaged record: who reads it hears of it, and a timer has nobody to tell.
        if (!isBusError(error)) throw error
      }
    })
  }

  return {
    apply,
    close() {
      closed = true
      timer?.cancel()
    },
  }
}
