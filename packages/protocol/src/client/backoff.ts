/** How long to wait before the next try to connect: doubling with full jitter, so that clients do not come in waves. */

import type { BusErrorCode } from 'busbar/transport'

const firstMs = 100
const longestMs = 5_000

/** `failures` is how many tries failed in a row. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(longestMs, firstMs * 2 ** Math.min(failures, 16))
}

/** Errors that another try would only repeat. */
export function isFinal(code: BusErrorCode): boolean {
  return code === 'AUTH_FAILED' || code === 'VERSION_UNSUPPORTED'
}

/** What answers the very first try in another language is no hub. */
export function isFinalAtFirst(code: BusErrorCode): boolean {
  return isFinal(code) || code === 'PROTOCOL_ERROR' || code === 'FRAME_TOO_LARGE' || code === 'INVALID_OPTION'
}
