/** Claimed messages that wait in this process for the rest of a second, which is finer than SQS counts. */

import type { Clock, Timer } from 'busbar/transport'

export class Shelf {
  private readonly timers = new Map<string, Timer>()

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.timers.size
  }

  put(handle: string, ms: number, fn: () => void): void {
    const timer = this.clock.after(ms, () => {
      this.timers.delete(handle)
      fn()
    })
    this.timers.set(handle, timer)
  }

  take(handle: string): void {
    this.timers.get(handle)?.cancel()
    this.timers.delete(handle)
  }

  /** Gives the handles of all that waited. */
  clear(): readonly string[] {
    const handles = [...this.timers.keys()]
    for (const handle of handles) this.take(handle)
    return handles
  }
}
