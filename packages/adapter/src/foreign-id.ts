/** Ids for messages that came without one: made of where they are kept, so that every delivery has the same. */

import { createHash } from 'node:crypto'

/** A UUID of version 8 (RFC 9562, 5.8) from the SHA-256 of `place`, for example `nats/ORDERS/17`. */
export function foreignId(place: string): string {
  const hash = createHash('sha256').update(place).digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex', 0, 16)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
