/** The frame every service of the airport stands in: its world, its counters and how it waits. */

import type { Bus, Clock } from 'busbar'
import { airport } from './airport.js'

/** Messages that crossed the bus of one service. */
export interface Meter {
  sent: number
  handled: number
}

/** What the launcher hands to each service besides its bus. */
export interface World {
  readonly clock: Clock
  /** Seeded per service, so that a run can be repeated. */
  readonly random: () => number
  /** Aborts when the service is to stop. */
  readonly signal: AbortSignal
  /** Name of this instance, for example `baggage-2`. */
  readonly name: string
  readonly meter: Readonly<Meter>
}

/** A service: registers its handlers and returns. It runs until the bus closes and the signal aborts. */
export type Service = (bus: Bus, world: World) => Promise<void>

/** Counts what a service does; anybody may ask for it through `airport.tally`. */
export interface Tally {
  count(what: string, by?: number): void
}

/** Gives a service its counters and answers for them. */
export async function tallied(bus: Bus, world: World): Promise<Tally> {
  const counts = new Map<string, number>()
  const { meter, name } = world
  await bus.reply(
    airport.tally,
    () => ({ ...Object.fromEntries(counts), sent: meter.sent, handled: meter.handled }),
    { where: { service: name } },
  )
  return { count: (what, by = 1) => void counts.set(what, (counts.get(what) ?? 0) + by) }
}

/** Waits on the given clock; ends early, without an error, when the signal aborts. */
export function pause(world: Pick<World, 'clock' | 'signal'>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (world.signal.aborted) return resolve()
    const finish = (): void => {
      timer.cancel()
      world.signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = world.clock.after(ms, finish, { keepAlive: true })
    world.signal.addEventListener('abort', finish)
  })
}

/** One of the list, by the world's randomness. */
export function pick<T>(random: () => number, list: readonly [T, ...T[]]): T {
  return list[Math.floor(random() * list.length)] ?? list[0]
}
