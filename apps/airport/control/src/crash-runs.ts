/** Kills the hub again and again while the airport runs, each time once the belt has moved on since the last. */

import { airport } from '@airport/contracts'
import { type Bus, type Clock, isBusError } from 'busbar'
import type { Plug } from './running-hub.js'

const lookEveryMs = 50
/** The moment of a crash lies within so long after the belt has moved. */
const windowMs = 400
const bagsBetween = 3

export interface CrashOptions {
  readonly bus: Bus
  readonly plug: Plug
  readonly clock: Clock
  readonly random: () => number
  readonly times: number
}

/** Resolves when the hub is back from its last crash. */
export async function crashRuns({ bus, plug, clock, random, times }: CrashOptions): Promise<void> {
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.after(ms, resolve, { keepAlive: true })
    })
  /** Bags that left the belt; undefined while the hub cannot be asked. */
  const left = async (): Promise<number | undefined> => {
    try {
      const { done } = await bus.inspect(airport.moveBag)
      return done
    } catch (error) {
      if (isBusError(error, 'DISCONNECTED')) return undefined
      throw error
    }
  }
  let before = 0
  for (let crash = 0; crash < times; crash += 1) {
    let now = await left()
    while (now === undefined || now < before + bagsBetween) {
      await sleep(lookEveryMs)
      now = await left()
    }
    before = now
    await sleep(random() * windowMs)
    await plug.pull()
  }
}
