/** The memory wire onto an engine that somebody else owns, such as a hub's. */

import type { Engine } from '../engine/engine.js'
import type { Connect } from '../transport.js'
import { createMemoryTransport } from './memory-transport.js'

/**
 * Gives a transport whose buses share `engine` with whoever made it; closing them leaves the engine open.
 * `maxMessageBytes` is what the others can take; default 16 MiB.
 */
export function memoryOn(
  engine: Engine,
  { name = 'memory', maxMessageBytes }: { readonly name?: string; readonly maxMessageBytes?: number } = {},
): Connect {
  return async (host) =>
    createMemoryTransport({
      name,
      clock: host.clock,
      engine,
      release: () => undefined,
      ...(maxMessageBytes !== undefined && { maxMessageBytes }),
    })
}
