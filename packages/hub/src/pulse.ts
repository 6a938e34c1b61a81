/** One timer for the whole hub: heartbeats, timeouts of connections and of lost sessions are looked after together. */

import type { Timer } from 'busbar/transport'
import type { Core } from './core.js'
import type { Session } from './session/session.js'

const longestMs = 1_000
const shortestMs = 5

/** Looks at every connection a few times within the shortest timeout, at least once a second. */
export function startPulse(core: Core, sessions: ReadonlySet<Session>): { readonly stop: () => void } {
  const { clock, limits } = core
  const shortestLimit = Math.min(
    limits.handshakeTimeoutMs,
    limits.heartbeatMs,
    limits.frameTimeoutMs,
    limits.writeTimeoutMs,
  )
  const everyMs = Math.max(shortestMs, Math.min(longestMs, shortestLimit / 8))
  let timer: Timer
  const beat = (): void => {
    const now = clock.monotonic()
    for (const session of [...sessions]) session.pulse(now)
    core.sessions.sweep()
    timer = clock.after(everyMs, beat)
  }
  timer = clock.after(everyMs, beat)
  return { stop: () => timer.cancel() }
}
