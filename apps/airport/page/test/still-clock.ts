/** A clock for tests of the page: time passes when told to. */
import type { Clock } from 'busbar'

export function stillClock(startMs = 1_000_000): Clock & { pass(ms: number): Promise<void> } {
  let elapsed = 0
  const timers = new Set<{ at: number; fn: () => void }>()
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    after(delayMs, fn) {
      const timer = { at: elapsed + delayMs, fn }
      timers.add(timer)
      return { cancel: () => void timers.delete(timer) }
    },
    async pass(ms) {
      const end = elapsed + ms
      for (;;) {
        // Lets promises that a timer settled set their own timers first.
        for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
        const next = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        timers.delete(next)
        elapsed = Math.max(elapsed, next.at)
        next.fn()
      }
      elapsed = end
    },
  }
}
