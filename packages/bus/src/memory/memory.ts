/** The memory wire: an engine in this process that every bus given the same factory shares. */

import type { Clock } from '../clock.js'
import type { EngineLimits } from '../engine/limits.js'
import type { OpenStore } from '../engine/store.js'
import { BusError } from '../errors.js'
import type { Connect } from '../transport.js'
import { type BrokerName, profileOf } from './broker-profiles.js'
import { checkDuplicates } from './duplicates.js'
import { createMemoryTransport } from './memory-transport.js'
import { shareEngine } from './shared-engine.js'

/** Options of {@link memory}. */
export interface MemoryOptions {
  /** For logs and messages; default `memory`. */
  readonly name?: string
  /**
   * Refuses what this broker's adapter refuses, and takes no larger messages and no longer delays, for tests without a
   * server. What is durable still needs `store`. Default: the memory wire as it is.
   */
  readonly as?: BrokerName
  /**
   * Share of the handled messages, from 0 to 1, that are handed to their handler a second time, as brokers do after a
   * break; chosen by the bus's `random`. Plain events never are. Default 0.
   */
  readonly duplicates?: number
  /** Default: the clock of the first bus that connects. */
  readonly clock?: Clock
  /** How much the engine may hold; see EngineLimits for the defaults. */
  readonly limits?: EngineLimits
  /**
   * Keeps durable topics: `fileStore({ dir })` from `@busbar/store`. Opened when the first bus connects, which rejects
   * with what opening rejects with; closed when the last one has closed. Default: durable topics are refused.
   */
  readonly store?: OpenStore
}

const names: Readonly<Record<keyof MemoryOptions, true>> = {
  name: true,
  as: true,
  duplicates: true,
  clock: true,
  limits: true,
  store: true,
}

/**
 * Gives a transport whose messages never leave the process. Buses that are given the same value meet; two calls of
 * `memory()` never do. When the last bus has closed, everything that is not durable is forgotten.
 * INVALID_OPTION for a name that is no option, for a broker without a profile, for a share of duplicates that is none,
 * and for a store that is not opened by a function.
 */
export function memory(options: MemoryOptions = {}): Connect {
  checkOptions(options)
  const { as, clock, duplicates = 0, limits = {}, store } = options
  const { name = as === undefined ? 'memory' : `memory as ${as}` } = options
  const profile = as === undefined ? undefined : profileOf(as)
  const lease = shareEngine({ clock, limits, store })
  return async (host) => {
    const { engine, clock: shared, storeFailed, release } = await lease(host)
    return createMemoryTransport({
      name,
      host,
      clock: shared,
      engine,
      release,
      duplicates,
      ...(profile !== undefined && { profile }),
      ...(storeFailed !== undefined && { storeFailed }),
    })
  }
}

function checkOptions(options: MemoryOptions): void {
  for (const name in options)
    if (!Object.hasOwn(names, name))
      throw new BusError(
        'INVALID_OPTION',
        `memory() has no option "${name}"; there are ${Object.keys(names).join(', ')}.`,
      )
  checkDuplicates(options.duplicates)
  if (options.store !== undefined && typeof options.store !== 'function')
    throw new BusError('INVALID_OPTION', 'memory(): store must be fileStore({ dir }) of @busbar/store.')
}
