/** Trying again what failed for a while: growing pauses, an end by signal. */

import type { Host } from 'busbar/transport'
import { isPassing } from './failure.js'

const firstMs = 20
const longestMs = 1_000

export type Pause = (ms: number, signal: AbortSignal) => Promise<void>

/** Resolves after `ms` or as soon as the signal is aborted. */
export function pauseOn({ clock }: Pick<Host, 'clock'>): Pause {
  return (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve()
        return
      }
      const end = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = clock.after(ms, end)
      signal.addEventListener('abort', end, { once: true })
    })
}

/** Pauses that double from 20 ms to 1 s, jittered; `reset` after a success. */
export function createBackoff(host: Pick<Host, 'clock' | 'random'>, signal: AbortSignal) {
  const pause = pauseOn(host)
  let next = firstMs
  return {
    async wait(): Promise<void> {
      const ms = next * (0.75 + host.random() / 2)
      next = Math.min(longestMs, next * 2)
      await pause(ms, signal)
    },
    reset(): void {
      next = firstMs
    },
  }
}

/** Runs `attempt` until it does not fail for a passing reason, for at most `limitMs` and until the signal is aborted. */
export async function patiently<T>(
  host: Pick<Host, 'clock' | 'random'>,
  signal: AbortSignal,
  limitMs: number,
  attempt: () => Promise<T>,
): Promise<T> {
  const backoff = createBackoff(host, signal)
  const until = host.clock.monotonic() + limitMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (signal.aborted || !isPassing(error) || host.clock.monotonic() >= until) throw error
      await backoff.wait()
    }
  }
}
