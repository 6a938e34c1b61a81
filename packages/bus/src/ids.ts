/** Message ids: time-ordered UUIDv7 (RFC 9562 section 5.7), made without allocation beyond the string. */

import type { Clock } from './clock.js'

/** Makes ids that sort by the time they were made. */
export type MakeId = () => string

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/**
 * Gives a generator of UUIDv7 strings, unique across generators with 42 random bits and monotonic within one.
 * A dedicated counter (RFC 9562 section 6.2, method 1) of 32 bits follows the random part, so that ids made in
 * the same millisecond keep their order and no random bits are drawn per id.
 */
export function createIds(clock: Clock, random: () => number): MakeId {
  const randomA = hex(Math.floor(random() * 0x1000), 3)
  const randomB = hex(0x8000 + Math.floor(random() * 0x4000), 4)
  const randomC = hex(Math.floor(random() * 0x10000), 4)
  const tail = `-7${randomA}-${randomB}-${randomC}`
  let lastMs = -1
  let head = ''
  let counter = Math.floor(random() * 0x80000000)
  return () => {
    const now = clock.now()
    // A clock that steps back must not break the order: the last time is kept and the counter goes on.
    if (now > lastMs) {
      lastMs = now
      const time = hex(now, 12)
      head = `${time.slice(0, 8)}-${time.slice(8)}${tail}`
    }
    counter = (counter + 1) >>> 0
    return head + (counter < 0x10000000 ? hex(counter, 8) : counter.toString(16))
  }
}
