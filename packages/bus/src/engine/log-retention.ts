/** How long records of a stream are kept: by age, by count and by bytes, whichever limit is met first. */

import type { Guarantees } from '../channel.js'
import type { Clock, Timer } from '../clock.js'
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

  const isOver = (): boolean => {
    const { firstAge } = records
    if (firstAge === undefined) return false
    const count = records.next - records.first
    // The newest record stays whatever its size: a limit smaller than one record must not make the stream mute.
    if (count > keepCount || (count > 1 && records.bytes > keepBytes)) return true
    return keepMs !== Number.POSITIVE_INFINITY && firstAge + keepMs <= clock.monotonic()
  }

  const apply = (): void => {
    while (isOver()) records.removeFirst()
    const { firstAge } = records
    if (timer !== undefined || firstAge === undefined || keepMs === Number.POSITIVE_INFINITY) return
    timer = clock.after(Math.max(coarseMs, firstAge + keepMs - clock.monotonic()), () => {
      timer = undefined
      apply()
    })
  }

  return { apply, close: () => timer?.cancel() }
}
