/** How a bus ends: intake stops, running handlers finish or are told to, what was sent is flushed, all is released. */

import type { Core } from './core.js'

/** Gives the bus's close(); all calls share one ending. */
export function createCloser(core: Core, life: AbortController, drainTimeoutMs: number): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => {
    closing ??= end(core, life, drainTimeoutMs)
    return closing
  }
}

async function end(core: Core, life: AbortController, drainTimeoutMs: number): Promise<void> {
  core.door.stopIntake()
  const overdue = new AbortController()
  const timer = core.clock.after(drainTimeoutMs, () => overdue.abort(), { keepAlive: true })
  try {
    await drained(core, overdue.signal)
    core.door.lock()
    // One time for both: a handler that never returns and a hub that never answers must not hold up the end.
    await core.transport.close(overdue.signal)
  } finally {
    timer.cancel()
    core.deadlines.clear()
    life.abort()
    core.status.move('closed', undefined)
  }
}

/** Resolves when everything open is closed and no handler runs, at the latest when the time is over. */
async function drained(core: Core, overdue: AbortSignal): Promise<void> {
  const closing = Promise.allSettled([...core.open].map((one) => one.close()))
  await new Promise<void>((resolve) => {
    const giveUp = (): void => {
      core.door.abortAll()
      resolve()
    }
    overdue.addEventListener('abort', giveUp, { once: true })
    void Promise.all([closing, core.door.quiet()]).then(() => {
      overdue.removeEventListener('abort', giveUp)
      resolve()
    })
  })
}
