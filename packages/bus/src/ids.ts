/** Message ids: time-ordered UUIDv7 (RFC 9562 section 5.7), made without allocation beyond the string. */

import type { Clock } from './clock.js'

/** Makes ids that sort by the time they were made; whoever has just read the clock hands in what it said. */
export type MakeId = (nowMs?: number) => string

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** Spelling out a number costs more than all the rest of an id: so only its last byte changes from id to id. */
const lastBytes = Array.from({ length: 256 }, (_, byte) => hex(byte, 2))

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
  /** All but the last byte of the counter, and the text up to there. */
  let upper = -1
  let start = ''
  return (nowMs = clock.now()) => {
    // A clock that steps back must not break the order: the last time is kept and the counter goes on.
    if (nowMs > lastMs) {
      lastMs = nowMs
      const time = hex(nowMs, 12)
      head = `${time.slice(0, 8)}-${time.slice(8)}${tail}`
      upper = -1
    }
    counter = (counter + 1) >>> 0
    if (upper !== counter >>> 8) {
      upper = counter >>> 8
      start = head + hex(upper, 6)
    }
    return start + lastBytes[counter & 255]
  }
}
