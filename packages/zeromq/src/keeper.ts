/** Holds the directory in this process while nobody else on the machine of its address does. */

import type { Clock } from 'busbar/transport'
import { type Directory, holdDirectory } from './directory.js'
import type { Keys } from './keys.js'

export interface Keeper {
  /** Takes the directory if it is free. */
  attempt(): Promise<void>
  /** Lets it go; another link takes over. */
  close(): Promise<void>
}

export function createKeeper(endpoint: string, keys: Keys | undefined, clock: Clock): Keeper {
  let held: Directory | undefined
  let trying: Promise<void> | undefined
  let isOver = false

  const hold = async (): Promise<void> => {
    try {
      held = await holdDirectory(endpoint, keys, clock)
    } catch {
      // Somebody has it, or the address is another machine's: there is nothing to do but to join.
    }
    if (isOver) await held?.close()
  }

  return {
    async attempt() {
      if (held !== undefined || isOver) return
      trying ??= hold().finally(() => {
        trying = undefined
      })
      await trying
    },
    async close() {
      isOver = true
      await trying
      await held?.close()
    },
  }
}
