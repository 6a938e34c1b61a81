/** Who the simulated consumers are. */

import type { Start } from 'busbar/transport'
import type { World } from './world.js'

export const everything = 'airport.topic.*'
const oneplace = 'airport.topic.p0'

/** Of each slot: its group's name (events; undefined for none) and what it takes. */
export const slots: readonly (readonly [name: string | undefined, pattern: string])[] = [
  ['all', everything],
  ['all', everything],
  ['one place', oneplace],
  [undefined, everything],
]

/** Where the consumer of a slot begins to read a stream; `messages` tells readers apart. */
export function startOf(slot: number, messages: number, world: World): Start {
  if (slot < 2) return 'start'
  if (slot === 2 || messages === 10) return 'end'
  const { next = 0 } = world.inspect()
  return messages === 1 ? 'start' : { offset: Math.max(0, next - 3) }
}
