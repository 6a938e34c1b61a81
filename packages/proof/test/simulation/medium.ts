/** Where a simulated hub keeps its store: it syncs when told, fails when told, and forgets what a crash would. */

import type { Clock, OpenedStore } from 'busbar/transport'

/** What the store of one life is given. */
export interface LifeHost {
  readonly clock: Clock
  /** Runs `fn` when the current turn is over. */
  readonly schedule: (fn: () => void) => void
}

export interface Medium {
  /** Opens the store for the next life. */
  open(host: LifeHost): Promise<OpenedStore>
  /** Lives a life whose disk is gone after so many steps. */
  interrupted(steps: number, life: () => Promise<void>): Promise<void>
  /** Lets one running sync end; false when none runs. */
  sync(): boolean
  /** The process ends. `power`: what was not synced may be gone, as the seed decides. */
  crash(options: { readonly power: boolean; readonly seed: number }): void
  /** From now on there is no room, or there is room again. */
  full(on: boolean): void
  /** Every sync from now on fails, until the next life. */
  fail(): void
}
