/** The two ends of a hub: drained in order when it is asked to, at once when its disk cannot be trusted any more. */

import type { Core } from './core.js'
import type { Listener } from './link.js'
import { drainSessions } from './session/drain.js'
import type { Session } from './session/session.js'

/** What is open while a hub runs. */
export interface Running {
  readonly core: Core
  readonly sessions: ReadonlySet<Session>
  readonly listeners: readonly Listener[]
  readonly pulse: { stop(): void }
  /** `check` is called whenever something finished. */
  readonly idle: { check: () => void }
}

/** Gives the hub's close(), and sees to it that a failure of the store ends everything. */
export function createEndings(running: Running): () => Promise<void> {
  const { core } = running
  let closing: Promise<void> | undefined
  let hasFailed = false

  void core.store?.failed.then(() => {
    hasFailed = true
    closing ??= cutOff(running)
    // A drain that has begun must not say another word either.
    for (const session of [...running.sessions]) session.cut()
  })
  return () => {
    closing ??= shutDown(running, () => hasFailed)
    return closing
  }
}

async function shutDown(running: Running, hasFailed: () => boolean): Promise<void> {
  const { core, sessions, listeners, pulse, idle } = running
  for (const listener of listeners) listener.stop()
  await drainSessions(core, sessions, idle)
  await Promise.all(listeners.map((listener) => listener.close()))
  pulse.stop()
  core.engine.close()
  await core.store?.close()
  if (!hasFailed()) core.log('info', 'hub-closed', {})
}

/** The store has said why in the log. */
async function cutOff({ core, sessions, listeners, pulse }: Running): Promise<void> {
  for (const listener of listeners) listener.stop()
  for (const session of [...sessions]) session.cut()
  pulse.stop()
  core.engine.close()
  await Promise.all(listeners.map((listener) => listener.close()))
  // It only says once more what is known.
  await core.store?.close().catch(() => undefined)
}
