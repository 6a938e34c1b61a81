/** Opens the hub's store, whose package, with its native part, is loaded only where there is one. */

import type { OpenedStore } from 'busbar/transport'
import type { Settings } from './options.js'

/** Undefined without `store` in the options. Rejects with STORE_LOCKED, STORE_UNUSABLE, STORE_CORRUPT or INVALID_OPTION. */
export async function openHubStore({ store, clock, log }: Settings): Promise<OpenedStore | undefined> {
  if (store === undefined) return undefined
  const { openStore } = await import('@busbar/store')
  return openStore({ ...store, clock, log })
}
