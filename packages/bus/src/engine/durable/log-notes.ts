/** What the journal of a stream says beside records and marks, as far as other channels do not say it too. */

import type { Tally } from '../parts.js'
import type { Note } from '../store.js'
import type {
  DeadNote,
  DiscardedNote,
  FailedNote,
  ForgottenNote,
  GroupNote,
  MovedNote,
  RedrivenNote,
  UngroupNote,
} from './notes.js'

/** A cursor that was seen for the first time, and where it begins. */
export interface CursorNote extends GroupNote {
  readonly at: number
}

/** Everything of a group below `offset` is settled. */
export interface CommitNote extends Note {
  readonly op: 'commit'
  readonly group: number
  readonly offset: number
}

/** Records below `offset` were removed. */
export interface FirstNote extends Note {
  readonly op: 'first'
  readonly offset: number
}

/** `returned`: offsets of what went back from the dead letters and was not settled since; it was counted before. */
export type GroupState = readonly [
  index: number,
  name: string,
  pattern: string,
  commit: number,
  returned: readonly number[],
]

/** What a segment begins with. Tries of records that are retained stand in segments that are retained. */
export interface LogStateNote extends Note {
  readonly op: 'state'
  readonly first: number
  readonly time: number
  readonly tally: Tally
  readonly letters: number
  readonly groups: readonly GroupState[]
  readonly lastGroup: number
}

export type LogNote =
  | CursorNote
  | CommitNote
  | FirstNote
  | LogStateNote
  | FailedNote
  | DeadNote
  | RedrivenNote
  | DiscardedNote
  | UngroupNote
  | ForgottenNote
  | MovedNote
