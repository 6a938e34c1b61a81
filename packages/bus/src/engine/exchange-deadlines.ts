/** The deadlines of all running exchanges: one heap and one timer, whatever their number. */

import type { Clock, Timer } from '../clock.js'

/** Something with a deadline; the heap keeps its own place in it, so that taking it out needs no search. */
export interface Expiring {
  /** On the monotonic clock, in ms. */
  deadline: number
  /** Index in the heap; -1 outside of it. */
  place: number
  expire(): void
}

/** Calls `expire()` on each member once its deadline has passed. */
export interface Deadlines {
  readonly size: number
  add(entry: Expiring): void
  /** Idempotent. */
  remove(entry: Expiring): void
  /** Forgets all members and the timer without calling anybody. */
  clear(): void
}

export function createDeadlines(clock: Clock): Deadlines {
  const heap: Expiring[] = []
  let timer: Timer | undefined
  let armedFor = Number.POSITIVE_INFINITY

  const put = (entry: Expiring, place: number): void => {
    heap[place] = entry
    entry.place = place
  }

  const up = (entry: Expiring, from: number): void => {
    let place = from
    while (place > 0) {
      const parentPlace = (place - 1) >> 1
      const parent = heap[parentPlace]
      if (parent === undefined || parent.deadline <= entry.deadline) break
      put(parent, place)
      place = parentPlace
    }
    put(entry, place)
  }

  const down = (entry: Expiring, from: number): void => {
    let place = from
    for (;;) {
      let childPlace = 2 * place + 1
      let child = heap[childPlace]
      if (child === undefined) break
      const right = heap[childPlace + 1]
      if (right !== undefined && right.deadline < child.deadline) {
        child = right
        childPlace += 1
      }
      if (child.deadline >= entry.deadline) break
      put(child, place)
      place = childPlace
    }
    put(entry, place)
  }

  const remove = (entry: Expiring): void => {
    const { place } = entry
    if (place < 0) return
    entry.place = -1
    const last = heap.pop()
    if (heap.length === 0) timer?.hold?.(false)
    if (last === undefined || last === entry) return
    const parent = heap[(place - 1) >> 1]
    if (place > 0 && parent !== undefined && parent.deadline > last.deadline) up(last, place)
    else down(last, place)
  }

  // The timer is left alone when its entry goes: most exchanges end long before their deadline, and setting it
  // anew for each of them would cost more than waking up once for nothing. Only while somebody waits does it keep
  // the process alive: on a wire without sockets nothing else would, and the promised end would never come.
  const arm = (): void => {
    const first = heap[0]
    if (first === undefined) return
    if (first.deadline >= armedFor) {
      if (heap.length === 1) timer?.hold?.(true)
      return
    }
    timer?.cancel()
    armedFor = first.deadline
    const delayMs = Math.max(0, Math.ceil(first.deadline - clock.monotonic()))
    timer = clock.after(delayMs, fire, { keepAlive: true })
  }

  const fire = (): void => {
    timer = undefined
    armedFor = Number.POSITIVE_INFINITY
    const now = clock.monotonic()
    for (let first = heap[0]; first !== undefined && first.deadline <= now; first = heap[0]) {
      remove(first)
      first.expire()
    }
    arm()
  }

  return {
    get size() {
      return heap.length
    },
    add(entry) {
      heap.push(entry)
      up(entry, heap.length - 1)
      arm()
    },
    remove,
    clear() {
      timer?.cancel()
      timer = undefined
      armedFor = Number.POSITIVE_INFINITY
      for (const entry of heap) entry.place = -1
      heap.length = 0
    },
  }
}
