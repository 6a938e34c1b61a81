/** Notices a silent peer, and keeps the peer from thinking so of us. */

import type { Clock, Timer } from 'busbar/transport'

export interface Heartbeat {
  /** Bytes came. */
  heard(): void
  /** Bytes were sent. */
  said(): void
  stop(): void
}

/** `beat` is called after `intervalMs` without sending, `dead` once after two intervals without hearing. */
export function startHeartbeat(
  clock: Clock,
  intervalMs: number,
  beat: () => void,
  dead: () => void,
): Heartbeat {
  let heardAt = clock.monotonic()
  let saidAt = heardAt
  let dueAt = heardAt
  let timer: Timer
  const tick = (): void => {
    const now = clock.monotonic()
    // A process that slept or was busy has not looked at its sockets meanwhile: the peer gets one more interval.
    if (now - dueAt > intervalMs / 2) heardAt = Math.max(heardAt, now - intervalMs)
    if (now - heardAt >= 2 * intervalMs) {
      dead()
      return
    }
    if (now - saidAt >= intervalMs) {
      saidAt = now
      beat()
    }
    arm(now)
  }
  const arm = (now: number): void => {
    dueAt = Math.min(heardAt + 2 * intervalMs, saidAt + intervalMs)
    timer = clock.after(Math.max(1, dueAt - now), tick)
  }
  arm(heardAt)
  return {
    heard: () => {
      heardAt = clock.monotonic()
    },
    said: () => {
      saidAt = clock.monotonic()
    },
    stop: () => timer.cancel(),
  }
}
