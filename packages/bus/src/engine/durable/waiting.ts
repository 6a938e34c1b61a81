/** Messages in the journal whose time has not come: sixteen bytes each, a heap in two arrays, and one timer. */

import type { Clock, Timer } from '../../clock.js'

export interface Waiting {
  readonly size: number
  /** Holds an offset until the monotonic time `due`. */
  add(offset: number, due: number): void
  /** Forgets all and cancels the timer. */
  clear(): void
}

/** Calls `onDue` for each offset when its time has come, in order of time. */
export function createWaiting(clock: Clock, onDue: (offset: number) => void): Waiting {
  let dues = new Float64Array(64)
  let offsets = new Float64Array(64)
  let size = 0
  let timer: Timer | undefined
  let armedFor = Number.POSITIVE_INFINITY

  const at = (index: number): number => dues[index] ?? Number.POSITIVE_INFINITY
  const put = (index: number, due: number, offset: number): void => {
    dues[index] = due
    offsets[index] = offset
  }
  const isBefore = (a: number, b: number): boolean =>
    at(a) < at(b) || (at(a) === at(b) && (offsets[a] ?? 0) < (offsets[b] ?? 0))
  const swap = (a: number, b: number): void => {
    const [due, offset] = [at(a), offsets[a] ?? 0]
    put(a, at(b), offsets[b] ?? 0)
    put(b, due, offset)
  }
  const grow = (): void => {
    const [oldDues, oldOffsets] = [dues, offsets]
    dues = new Float64Array(size * 2)
    offsets = new Float64Array(size * 2)
    dues.set(oldDues)
    offsets.set(oldOffsets)
  }
  const removeFirst = (): number => {
    const first = offsets[0] ?? 0
    size--
    put(0, at(size), offsets[size] ?? 0)
    for (let index = 0; ; ) {
      const left = 2 * index + 1
      if (left >= size) break
      const child = left + 1 < size && isBefore(left + 1, left) ? left + 1 : left
      if (!isBefore(child, index)) break
      swap(child, index)
      index = child
    }
    return first
  }
  const arm = (): void => {
    if (size === 0 || at(0) >= armedFor) return
    timer?.cancel()
    armedFor = at(0)
    timer = clock.after(armedFor - clock.monotonic(), fire)
  }
  const fire = (): void => {
    timer = undefined
    armedFor = Number.POSITIVE_INFINITY
    const now = clock.monotonic()
    while (size > 0 && at(0) <= now) onDue(removeFirst())
    arm()
  }

  return {
    get size() {
      return size
    },
    add(offset, due) {
      if (size === dues.length) grow()
      put(size, due, offset)
      for (let index = size++; index > 0; ) {
        const above = (index - 1) >> 1
        if (!isBefore(index, above)) break
        swap(index, above)
        index = above
      }
      arm()
    },
    clear() {
      size = 0
      timer?.cancel()
      timer = undefined
      armedFor = Number.POSITIVE_INFINITY
    },
  }
}
