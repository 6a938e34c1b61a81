/** What the engine notes in journals beside messages and marks; read back as it was written. */

import type { DeadReason, Failure } from '../../outcome.js'
import type { Tally } from '../parts.js'
import type { Note } from '../store.js'

/** What a failed try left behind. */
export interface FailedNote extends Note {
  readonly op: 'failed'
  readonly group: number
  readonly offset: number
  readonly failed: number
  readonly failure?: Failure | undefined
  /** Journal time at which it is due again; 0 when it is at once. */
  readonly due: number
  /** Journal time at which it failed, where it is put off: later times are not before it. */
  readonly at?: number
}

/** A message that was given up; its copy comes along. `moved`: it was noted before, and counted then. */
export interface DeadNote extends Note {
  readonly op: 'dead'
  readonly letter: number
  readonly group: number
  readonly offset: number
  readonly reason: DeadReason
  readonly attempts: number
  readonly acquired: number
  readonly first?: Failure | undefined
  readonly last?: Failure | undefined
  readonly diedAt: number
  readonly moved?: boolean
}

/** A letter went back to its group as the copy that comes along. */
export interface RedrivenNote extends Note {
  readonly op: 'redriven'
  readonly letter: number
  readonly group: number
}

export interface DiscardedNote extends Note {
  readonly op: 'discarded'
  readonly letters: readonly number[]
}

export interface GroupNote extends Note {
  readonly op: 'group'
  readonly group: number
  readonly name: string
  readonly pattern: string
}

/** A group was removed with all it held. */
export interface UngroupNote extends Note {
  readonly op: 'ungroup'
  readonly group: number
}

/** Everything a group held beyond what was marked one by one was removed. */
export interface PurgedNote extends Note {
  readonly op: 'purged'
  readonly group: number
  readonly count: number
}

/** The ids of the dedupe window were forgotten. */
export interface ForgottenNote extends Note {
  readonly op: 'forgotten'
}

/** What one group knows of a message that was moved. */
export interface Moved {
  readonly group: number
  readonly acquired: number
  readonly failed: number
  readonly first?: Failure | undefined
  readonly last?: Failure | undefined
  readonly due?: number | undefined
  /** It was handed out, and nothing was said since. */
  readonly leased?: boolean
}

/** A message that is still held was copied forward. */
export interface MovedNote extends Note {
  readonly op: 'moved'
  readonly groups: readonly Moved[]
}

/** What a segment begins with. */
export interface StateNote extends Note {
  readonly op: 'state'
  readonly next: number
  readonly time: number
  readonly tally: Tally
  readonly letters: number
  readonly groups: readonly (readonly [index: number, name: string, pattern: string])[]
  readonly lastGroup: number
}

/** Every note there is; streams add theirs. */
export type EngineNote =
  | FailedNote
  | DeadNote
  | RedrivenNote
  | DiscardedNote
  | GroupNote
  | UngroupNote
  | PurgedNote
  | ForgottenNote
  | MovedNote
  | StateNote
