/** What the workload sends: about 250 bytes that follow from their name, and the hash by which they are known again. */

import { crc32 } from 'node:zlib'
import { z } from 'zod'

export const Payload = z.object({
  /** `producer-counter`. */
  value: z.string(),
  key: z.string(),
  filler: z.string(),
  /** Of all the others. */
  sum: z.number(),
})

export type Payload = z.infer<typeof Payload>

const fillerLength = 180

export function payloadOf(value: string, key: string): Payload {
  const filler = value.padEnd(fillerLength, `${value}.`)
  return { value, key, filler, sum: crc32(value + key + filler) }
}

/** The same for what was sent and for what came; 0 for what is no payload at all. */
export function hashOf(payload: unknown): number {
  const read = Payload.safeParse(payload)
  if (!read.success) return 0
  const { value, key, filler, sum } = read.data
  return crc32(`${value}\n${key}\n${filler}\n${sum}`)
}
