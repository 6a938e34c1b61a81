/** One timer for all exchanges of a link: it looks after those whose time has come. */

import type { Clock, Timer } from 'busbar/transport'

/** Something that wants to be looked after. */
export interface Beating {
  /** When, on the monotonic clock in ms; infinite when never. */
  readonly dueAt: number
  /** Moves its `dueAt` into the future, or is gone afterwards. */
  tick(now: number): void
}

export interface Pulse {
  /** Makes sure that `tick` is called once the time has come. */
  watch(one: Beating): void
  /** Nobody is there any more: the process need not live for it. */
  rest(): void
  stop(): void
}

/** Looking more often than this would cost more than it gives. */
const finestMs = 5

export function createPulse(clock: Clock, all: () => Iterable<Beating>): Pulse {
  let timer: Timer | undefined
  let armedFor = Number.POSITIVE_INFINITY

  // Most exchanges end long before they are due: the timer is left alone then, and wakes up once for nothing.
  const arm = (dueAt: number): void => {
    timer?.hold?.(true)
    if (dueAt >= armedFor) return
    timer?.cancel()
    armedFor = dueAt
    timer = clock.after(Math.max(finestMs, Math.ceil(dueAt - clock.monotonic())), fire, { keepAlive: true })
  }

  const fire = (): void => {
    timer = undefined
    armedFor = Number.POSITIVE_INFINITY
    const now = clock.monotonic()
    let next = Number.POSITIVE_INFINITY
    for (const one of all()) {
      if (one.dueAt <= now) one.tick(now)
    }
    for (const one of all()) if (one.dueAt < next) next = one.dueAt
    if (next !== Number.POSITIVE_INFINITY) arm(next)
  }

  return {
    watch: ({ dueAt }) => {
      if (dueAt !== Number.POSITIVE_INFINITY) arm(dueAt)
    },
    rest: () => timer?.hold?.(false),
    stop() {
      timer?.cancel()
      timer = undefined
      armedFor = Number.POSITIVE_INFINITY
    },
  }
}
