/** The memory wire onto an engine that somebody else owns, such as a hub's. */

import type { Engine } from '../engine/engine.js'
import type { BusError } from '../errors.js'
import type { Connect } from '../transport.js'
import { createMemoryTransport } from './memory-transport.js'

/** Options of {@link memoryOn}. */
export interface MemoryOnOptions {
  /** For logs and messages; default `memory`. */
  readonly name?: string
  /** What the others on this engine can take; default 16 MiB. */
  readonly maxMessageBytes?: number
  /** The `failed` of the engine's store, if it has one. */
  readonly storeFailed?: Promise<BusError>
}

/** Gives a transport whose buses share `engine` with whoever made it; closing them leaves the engine open. */
export function memoryOn(engine: Engine, options: MemoryOnOptions = {}): Connect {
  const { name = 'memory', maxMessageBytes, storeFailed } = options
  return async (host) =>
    createMemoryTransport({
      name,
      host,
      clock: host.clock,
      engine,
      release: async () => undefined,
      ...(maxMessageBytes !== undefined && { maxMessageBytes }),
      ...(storeFailed !== undefined && { storeFailed }),
    })
}
