/** Makes the world of a service: its own seeded randomness, and a clock that may run faster than life. */

import type { Meter, World } from '@airport/contracts'
import { type BusMiddleware, type Clock, systemClock } from 'busbar'

/** A seeded generator of numbers in [0, 1): mulberry32, enough for traffic. */
export function seeded(seed: number, name: string): () => number {
  let state = seed >>> 0
  for (const character of name) state = (Math.imul(state, 31) + character.charCodeAt(0)) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const paced = (clock: Clock, pace: number): Clock => ({
  ...clock,
  after: (delayMs, fn, options) => clock.after(delayMs / pace, fn, options),
})

/** The world of one service and the middleware that counts for it. */
export function makeWorld(
  name: string,
  seed: number,
  pace: number,
  signal: AbortSignal,
): { readonly world: World; readonly middleware: BusMiddleware } {
  const meter: Meter = { sent: 0, handled: 0 }
  const world: World = { clock: paced(systemClock, pace), random: seeded(seed, name), signal, name, meter }
  const middleware: BusMiddleware = (crossing, next) => {
    if (crossing.direction === 'out') meter.sent += 1
    else meter.handled += 1
    return next()
  }
  return { world, middleware }
}
