/** A client of a hub that may go away: it comes back soon. */

import { tcp } from '@busbar/tcp'
import { type Bus, createBus, isBusError } from 'busbar'
import { pause } from './workload.js'

export function clientOf({ url }: { readonly url: string }, service = 'faults'): Promise<Bus> {
  // Randomness scales the waits after a break, too.
  const random = (): number => Math.random() / 20
  const transport = tcp({ url, connectTimeoutMs: 60_000 })
  return createBus({ service, transport, random, drainTimeoutMs: 100 })
}

/** What became of a promise so far. */
export interface Watched<T> {
  readonly promise: Promise<T>
  isSettled: boolean
}

export function watched<T>(promise: Promise<T>): Watched<T> {
  const one: Watched<T> = { promise, isSettled: false }
  const settled = (): void => {
    one.isSettled = true
  }
  promise.then(settled, settled)
  return one
}

/** Tries again while the hub is away. */
export async function insist<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isBusError(error, 'DISCONNECTED')) throw error
      await pause(10)
    }
  }
}
