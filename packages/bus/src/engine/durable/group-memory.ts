/** What a group knows of its messages beside where they stand: tries, failures, and when they are due. */

import type { Failure } from '../../outcome.js'
import type { History } from '../parts.js'
import type { Mark } from '../store.js'
import type { FailedNote, Moved } from './notes.js'

interface Kept {
  acquired: number
  failed: number
  first: Failure | undefined
  last: Failure | undefined
  /** Journal time; 0 when it was not put off. */
  due: number
  /** It was handed out, and nothing was said since. */
  leased: boolean
}

export interface GroupMemory {
  mark(mark: Mark, offset: number): void
  failed(note: FailedNote): void
  restore(offset: number, known: Moved): void
  forget(offset: number): void
  clear(): void
  /** Forgets what is not asked for any more. */
  prune(isNeeded: (offset: number) => boolean): void
  /** Journal time at which a message is due; 0 when it was not put off. */
  dueAt(offset: number): number
  /** What a message that comes into the window went through. */
  historyOf(offset: number): History
  /** The same and when it is due, for a copy of the message. */
  knownOf(offset: number): Omit<Moved, 'group'>
  /** Counts what was handed out when the process ended as failed tries, which are to be noted. */
  failLeased(group: number, failure: Failure): readonly FailedNote[]
}

const untouched: History = Object.freeze({
  acquired: 0,
  failed: 0,
  firstFailure: undefined,
  lastFailure: undefined,
})

export function createGroupMemory(): GroupMemory {
  const byOffset = new Map<number, Kept>()
  const keptOf = (offset: number): Kept => {
    const known = byOffset.get(offset)
    if (known !== undefined) return known
    const fresh = { acquired: 0, failed: 0, first: undefined, last: undefined, due: 0, leased: false }
    byOffset.set(offset, fresh)
    return fresh
  }
  const fail = (kept: Kept, failure: Failure | undefined): void => {
    kept.first ??= failure
    kept.last = failure ?? kept.last
    kept.leased = false
  }

  return {
    mark(mark, offset) {
      if (mark === 'leased') {
        const kept = keptOf(offset)
        kept.acquired++
        kept.leased = true
      } else if (mark === 'returned') keptOf(offset).leased = false
      else byOffset.delete(offset)
    },
    failed({ offset, failed, failure, due }) {
      const kept = keptOf(offset)
      kept.failed = failed
      kept.due = due
      fail(kept, failure)
    },
    restore(offset, { acquired, failed, first, last, due = 0, leased = false }) {
      byOffset.set(offset, { acquired, failed, first, last, due, leased })
    },
    forget: (offset) => void byOffset.delete(offset),
    clear: () => byOffset.clear(),
    prune(isNeeded) {
      for (const offset of byOffset.keys()) if (!isNeeded(offset)) byOffset.delete(offset)
    },
    dueAt: (offset) => byOffset.get(offset)?.due ?? 0,
    historyOf(offset) {
      const kept = byOffset.get(offset)
      if (kept === undefined) return untouched
      const { acquired, failed, first, last } = kept
      return { acquired, failed, firstFailure: first, lastFailure: last }
    },
    knownOf(offset) {
      const kept = byOffset.get(offset)
      if (kept === undefined) return { acquired: 0, failed: 0 }
      const { acquired, failed, first, last, due, leased } = kept
      return { acquired, failed, first, last, due, ...(leased && { leased }) }
    },
    failLeased(group, failure) {
      const notes: FailedNote[] = []
      for (const [offset, kept] of byOffset) {
        if (!kept.leased) continue
        kept.failed++
        kept.due = 0
        fail(kept, failure)
        notes.push({ op: 'failed', group, offset, failed: kept.failed, failure, due: 0 })
      }
      return notes
    },
  }
}
