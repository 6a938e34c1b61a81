/** What this process keeps in buffers, for tests of bounded memory. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Bytes of array buffers after a collection. Buffers that were collected are given back by a thread of their own, later:
 * wait for a number with `expect.poll`, which fails all the same when they are kept.
 */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('This Node has no collector that could be called.')
  collect()
  return process.memoryUsage().arrayBuffers
}
