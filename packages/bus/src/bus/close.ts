/** How a bus ends: intake stops, running handlers finish or are told to, what was sent is flushed, all is released. */

import type { Timer } from '../clock.js'
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
  try {
    await drained(core, drainTimeoutMs)
    core.door.lock()
    await core.transport.close(life.signal)
  } finally {
    core.deadlines.clear()
    life.abort()
    core.status.move('closed', undefined)
  }
}

/** Resolves when everything open is closed and no handler runs, at the latest when the time is over. */
async function drained(core: Core, drainTimeoutMs: number): Promise<void> {
  const closing = Promise.allSettled([...core.open].map((one) => one.close()))
  const calm = Promise.all([closing, core.door.quiet()])
  let timer: Timer | undefined
  const overdue = new Promise<void>((resolve) => {
    timer = core.clock.after(drainTimeoutMs, resolve, { keepAlive: true })
  })
  const isCalm = await Promise.race([calm.then(() => true), overdue.then(() => false)])
  timer?.cancel()
  if (!isCalm) core.door.abortAll()
}
