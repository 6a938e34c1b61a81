/** Things that end after one and the same time, such as leases: adding, renewing, removing and ending are one step each. */

import type { Clock, Timer } from '../clock.js'

export interface Timeline<T> {
  readonly size: number
  get(key: number): T | undefined
  /** Adds it, or moves it to the tail when its end was moved. */
  set(key: number, item: T): void
  delete(key: number): void
  values(): Iterable<T>
  clear(): void
}

/**
 * Calls `onEnd` with all items that have ended, oldest first. Items must be added in the order of their ends.
 * One timer looks at the oldest only; removing an item leaves the timer alone, so that settling is cheap.
 */
export function createTimeline<T>(
  clock: Clock,
  endOf: (item: T) => number,
  onEnd: (items: T[]) => void,
): Timeline<T> {
  const items = new Map<number, T>()
  let timer: Timer | undefined

  const arm = (endsAt: number): void => {
    timer = clock.after(endsAt - clock.monotonic(), fire)
  }
  const fire = (): void => {
    timer = undefined
    const now = clock.monotonic()
    const ended: T[] = []
    for (const [key, item] of items) {
      if (endOf(item) > now) {
        arm(endOf(item))
        break
      }
      items.delete(key)
      ended.push(item)
    }
    if (ended.length > 0) onEnd(ended)
  }

  return {
    get size() {
      return items.size
    },
    get: (key) => items.get(key),
    set(key, item) {
      items.delete(key)
      items.set(key, item)
      if (timer === undefined) arm(endOf(item))
    },
    delete: (key) => void items.delete(key),
    values: () => items.values(),
    clear() {
      items.clear()
      timer?.cancel()
      timer = undefined
    },
  }
}
