/** Makes guessing slow: each failed authentication of an address is answered later than the one before. */

import type { Clock } from 'busbar/transport'

const firstDelayMs = 50
const longestDelayMs = 2_000
const forgetAfterMs = 60_000
const mostAddresses = 1_024

export interface AuthPenalty {
  /** Notes a failure and gives how long its answer has to wait, in ms. */
  failed(address: string): number
  /** Forgets the failures of an address that proved itself. */
  succeeded(address: string): void
}

/** Remembers the failures of at most 1,024 addresses for a minute after the last one. */
export function authPenalty(clock: Clock): AuthPenalty {
  // In order of the last failure, because an entry is taken out before it is put in again.
  const failures = new Map<string, { readonly count: number; readonly at: number }>()
  const forgetOld = (now: number): void => {
    for (const [address, { at }] of failures) {
      if (failures.size <= mostAddresses && now - at < forgetAfterMs) return
      failures.delete(address)
    }
  }
  return {
    failed(address) {
      const now = clock.monotonic()
      const before = failures.get(address)
      const count = before !== undefined && now - before.at < forgetAfterMs ? before.count + 1 : 1
      failures.delete(address)
      failures.set(address, { count, at: now })
      forgetOld(now)
      return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(count - 1, 16))
    },
    succeeded(address) {
      failures.delete(address)
    },
  }
}
