/** The way from a group to the dead letters; while those are full, the dead stay with the group and are not dropped. */

import type { Clock } from '../clock.js'
import type { DeadReason } from '../outcome.js'
import type { Entry } from './entry.js'
import type { DeadLetterStore, Readmit } from './parts.js'

export interface Burials {
  /** Messages that wait for room among the dead letters. */
  readonly blocked: number
  bury(entry: Entry, reason: DeadReason): void
  /** Gives up the waiting ones. */
  drain(): Entry[]
}

export interface BurialOptions {
  readonly clock: Clock
  readonly dead: Pick<DeadLetterStore, 'bury' | 'onRoom'>
  readonly group: string | undefined
  /** The dead letters have it now. */
  readonly onBuried: (entry: Entry) => void
  /** Takes a message back whose history is to start anew; false when that is impossible. */
  readonly revive: Readmit
}

export function createBurials({ clock, dead, group, onBuried, revive }: BurialOptions): Burials {
  let blocked: Entry[] = []

  const bury = (entry: Entry, reason: DeadReason): void => {
    const { message, size, failed: attempts, acquired, firstFailure, lastFailure, offset, priority } = entry
    const diedAt = clock.now()
    const record = { message, reason, group, attempts, acquired, firstFailure, lastFailure, diedAt }
    if (dead.bury({ record, size, grounds: { offset, priority }, revive })) {
      onBuried(entry)
      return
    }
    entry.state = 'blocked'
    entry.deadReason = reason
    if (blocked.push(entry) === 1) dead.onRoom(unblock)
  }
  const unblock = (): void => {
    for (const entry of drain()) bury(entry, entry.deadReason ?? 'attempts')
  }
  const drain = (): Entry[] => {
    const all = blocked
    blocked = []
    return all
  }
  return {
    get blocked() {
      return blocked.length
    },
    bury,
    drain,
  }
}
