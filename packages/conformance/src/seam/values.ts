/** Payloads that tell their place in a series, and reading them back. */

import type { Message } from 'busbar/transport'
import type { Item } from './inbox.js'

/** 0, 1, 2 … below `count`. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

export const valuesOf = (items: readonly Item[]): unknown[] => items.map((item) => item.value)

/** In ascending order, for what may arrive in any. */
export const sorted = (values: readonly unknown[]): unknown[] =>
  [...values].sort((a, b) => Number(a) - Number(b))

/** Bytes of a repeating pattern in which a lost, doubled or swapped block would show. */
export function patternBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 0xff
  return bytes
}

/** What a message says besides its payload; transports may keep it in an object of any make. */
export const factsOf = ({ id, address, key, headers, time }: Message) => ({ id, address, key, headers, time })
