/** Messages that wait for their time: a heap and one timer. */

import type { Clock, Timer } from '../clock.js'
import type { Entry } from './entry.js'

export interface Delays {
  readonly size: number
  /** Holds the entry until `entry.until`. */
  add(entry: Entry): void
  /** Gives back everything it holds and cancels the timer. */
  drain(): Entry[]
}

const before = (a: Entry, b: Entry): boolean => a.until < b.until || (a.until === b.until && a.seq < b.seq)

/** Calls `onDue` for each entry when its time has come, in order of time. */
export function createDelays(clock: Clock, onDue: (entry: Entry) => void): Delays {
  let heap: Entry[] = []
  let timer: Timer | undefined
  let armedFor = Number.POSITIVE_INFINITY

  const arm = (): void => {
    const first = heap[0]
    if (first === undefined || first.until >= armedFor) return
    timer?.cancel()
    armedFor = first.until
    // A message that was taken over is work to do: on a wire without sockets nothing else keeps the process alive.
    timer = clock.after(first.until - clock.monotonic(), fire, { keepAlive: true })
  }
  const fire = (): void => {
    timer = undefined
    armedFor = Number.POSITIVE_INFINITY
    const now = clock.monotonic()
    for (let first = heap[0]; first !== undefined && first.until <= now; first = heap[0]) {
      removeFirst(heap)
      onDue(first)
    }
    arm()
  }

  return {
    get size() {
      return heap.length
    },
    add(entry) {
      let at = heap.push(entry) - 1
      while (at > 0) {
        const above = (at - 1) >> 1
        const parent = heap[above]
        if (parent === undefined || !before(entry, parent)) break
        heap[at] = parent
        at = above
      }
      heap[at] = entry
      arm()
    },
    drain() {
      timer?.cancel()
      timer = undefined
      armedFor = Number.POSITIVE_INFINITY
      const all = heap
      heap = []
      return all
    },
  }
}

function removeFirst(heap: Entry[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const a = heap[left]
    if (a === undefined) break
    const b = heap[left + 1]
    const [child, index] = b !== undefined && before(b, a) ? [b, left + 1] : [a, left]
    if (!before(child, last)) break
    heap[at] = child
    at = index
  }
  heap[at] = last
}
