/** The memory wire: an engine in this process that every bus given the same factory shares. */

import type { Clock } from '../clock.js'
import { createEngine } from '../engine/create-engine.js'
import type { Engine } from '../engine/engine.js'
import type { EngineLimits } from '../engine/limits.js'
import type { Connect } from '../transport.js'
import { createMemoryTransport } from './memory-transport.js'

/** The same turn as queueMicrotask, which in Node makes a resource for its hooks each time and costs three times more. */
const soon = Promise.resolve()

/** Options of {@link memory}. */
export interface MemoryOptions {
  /** For logs and messages; default `memory`. */
  readonly name?: string
  /** Default: the clock of the first bus that connects. */
  readonly clock?: Clock
  /** How much the engine may hold; see EngineLimits for the defaults. */
  readonly limits?: EngineLimits
}

/**
 * Gives a transport whose messages never leave the process and are gone when it exits. Buses that are given the same
 * value meet; two calls of `memory()` never do. When the last bus has closed, everything it held is forgotten.
 */
export function memory(options: MemoryOptions = {}): Connect {
  const { name = 'memory', limits = {} } = options
  let shared: { readonly engine: Engine; users: number } | undefined
  return async (host) => {
    const { clock = host.clock } = options
    const mine = shared ?? {
      engine: createEngine({ clock, random: host.random, defer: (fn) => void soon.then(fn), limits }),
      users: 0,
    }
    shared = mine
    mine.users += 1
    return createMemoryTransport({
      name,
      clock,
      engine: mine.engine,
      release() {
        mine.users -= 1
        if (mine.users > 0) return
        if (shared === mine) shared = undefined
        mine.engine.close()
      },
    })
  }
}
