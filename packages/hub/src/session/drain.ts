/** The end of all connections: nothing new begins, what runs may finish for a while, then every socket is closed. */

import type { Core } from '../core.js'
import type { Session } from './session.js'

/** `idle.check` is replaced while this waits; it is called whenever something finished. */
export async function drainSessions(
  core: Core,
  sessions: ReadonlySet<Session>,
  idle: { check: () => void },
): Promise<void> {
  const { clock, limits } = core
  for (const session of [...sessions]) session.drain('The hub is shutting down.')
  const running = (): boolean => [...sessions].some((session) => session.open > 0)
  if (running()) {
    await new Promise<void>((resolve) => {
      const timer = clock.after(limits.drainTimeoutMs, resolve, { keepAlive: true })
      idle.check = () => {
        if (running()) return
        timer.cancel()
        resolve()
      }
    })
  }
  const left = [...sessions]
  const flushed = Promise.all(left.map((session) => session.outbox.flushed()))
  await within(core, limits.writeTimeoutMs, flushed)
  await Promise.all(left.map((session) => session.hangUp()))
}

/** Waits for `work`, but not longer. */
async function within(core: Core, ms: number, work: Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = core.clock.after(ms, resolve, { keepAlive: true })
    work.then(() => {
      timer.cancel()
      resolve()
    }, resolve)
  })
}
