/** Waiting with an end: cases wait for events, and this says which event did not come. */

import { type Clock, systemClock } from 'busbar/transport'

/** Generous, since machines are slow at times; a healthy case never gets near it. */
const deadlineMs = 5_000

/** Until a broker that was ended is back, and links to it: some are programs of many seconds. */
export const comebackMs = 40_000

/** The same for many at once, which slow brokers take one by one. */
export const deadlineOf = (count: number): number => deadlineMs + count * 4

/** Gives what `promise` gives, or rejects after the deadline naming what was waited for. */
export async function within<T>(
  promise: T | Promise<T>,
  what: string,
  limitMs = deadlineMs,
  clock: Clock = systemClock,
): Promise<T> {
  let late: (error: Error) => void = () => {}
  const alarm = new Promise<never>((_, reject) => {
    late = reject
  })
  const timer = clock.after(limitMs, () => late(new Error(`${what}: not within ${limitMs} ms`)), {
    keepAlive: true,
  })
  try {
    return await Promise.race([promise, alarm])
  } finally {
    timer.cancel()
  }
}

/** Reads until it is so and gives that: for what a broker does in its own time and tells nobody. */
export async function eventually<T>(
  read: () => Promise<T>,
  isSo: (value: T) => boolean,
  what: string,
  clock: Clock = systemClock,
): Promise<T> {
  const end = clock.monotonic() + deadlineMs
  for (;;) {
    const value = await read()
    if (isSo(value)) return value
    if (clock.monotonic() > end) throw new Error(`${what}: not within ${deadlineMs} ms`)
    await pause(20, clock)
  }
}

/** For the few facts that only time can show. */
export function pause(ms: number, clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve, { keepAlive: true })
  })
}
