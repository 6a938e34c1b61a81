/** The engine that all buses of one memory wire share: made for the first of them, ended with the last. */

import type { Clock } from '../clock.js'
import { createEngine } from '../engine/create-engine.js'
import type { Engine } from '../engine/engine.js'
import type { EngineLimits } from '../engine/limits.js'
import type { OpenedStore, OpenStore } from '../engine/store.js'
import type { BusError } from '../errors.js'
import type { Host } from '../transport.js'

/** The same turn as queueMicrotask, which in Node makes a resource for its hooks each time and costs three times more. */
const soon = Promise.resolve()

/** The engine in the hands of one bus. */
export interface EngineLease {
  readonly engine: Engine
  readonly clock: Clock
  /** Given if there is a store. */
  readonly storeFailed: Promise<BusError> | undefined
  /** To be called once; the last one ends the engine and closes the store. STORE_FAILED if that fails. */
  release(): Promise<void>
}

export interface SharedEngineOptions {
  readonly clock: Clock | undefined
  readonly limits: EngineLimits
  readonly store: OpenStore | undefined
}

interface Opened {
  readonly engine: Engine
  readonly clock: Clock
  readonly store: OpenedStore | undefined
}

interface Shared {
  users: number
  readonly opened: Promise<Opened>
}

/** Gives the function by which a bus takes its lease. It rejects with what opening the store rejects with. */
export function shareEngine(options: SharedEngineOptions): (host: Host) => Promise<EngineLease> {
  const { limits, store: openStore } = options
  let shared: Shared | undefined
  /** The store of an earlier engine is not free before. */
  let ended: Promise<unknown> = Promise.resolve()
  let failure: BusError | undefined

  async function open({ clock, random }: Pick<Host, 'clock' | 'random'>): Promise<Opened> {
    await ended
    // A disk that failed once is not believed again before the process was started anew.
    if (failure !== undefined) throw failure
    const store = await openStore?.()
    const make = (): Engine =>
      createEngine({
        clock,
        random,
        defer: (fn) => void soon.then(fn),
        limits,
        ...(store && { store, crashFails: true }),
      })
    if (store === undefined) return { engine: make(), clock, store }
    try {
      const engine = make()
      void store.failed.then((error) => {
        failure = error
        engine.close()
      })
      return { engine, clock, store }
    } catch (error) {
      await store.close()
      throw error
    }
  }

  async function end({ engine, store }: Opened): Promise<void> {
    engine.close()
    const isKnown = failure !== undefined
    try {
      await store?.close()
    } catch (error) {
      // Every bus was told of a failure that came before.
      if (!isKnown) throw error
    }
  }

  return async (host) => {
    const { clock = host.clock } = options
    shared ??= { users: 0, opened: open({ clock, random: host.random }) }
    const mine = shared
    mine.users += 1
    const opened = await mine.opened.catch((error: unknown) => {
      if (shared === mine) shared = undefined
      throw error
    })
    return {
      engine: opened.engine,
      clock: opened.clock,
      storeFailed: opened.store?.failed,
      async release() {
        mine.users -= 1
        if (mine.users > 0) return
        if (shared === mine) shared = undefined
        const closing = end(opened)
        ended = closing.catch(() => undefined)
        await closing
      },
    }
  }
}
