/** The two notes of an inbox: an effect with its mark, and all that the notes before it said. */

import type { Note } from 'busbar/transport'
import { type Changes, parsedText } from './file-transaction.js'

type Pairs<Second> = readonly (readonly [first: string, second: Second])[]

/** The values are JSON. */
export interface DoneNote extends Note {
  readonly op: 'done'
  readonly mark: string
  readonly time: number
  readonly set?: Pairs<unknown>
  readonly delete?: readonly string[]
}

export interface CheckpointNote extends Note {
  readonly op: 'checkpoint'
  readonly marks: Pairs<number>
  readonly state: Pairs<unknown>
}

export function doneNote(mark: string, time: number, changes: Changes): DoneNote {
  const set = [...changes].filter(([, text]) => text !== undefined).map(([key, text]) => pair(key, text))
  const gone = [...changes].filter(([, text]) => text === undefined).map(([key]) => key)
  return {
    op: 'done',
    mark,
    time,
    ...(set.length > 0 && { set }),
    ...(gone.length > 0 && { delete: gone }),
  }
}

export function checkpointNote(
  marks: Iterable<readonly [string, number]>,
  state: Iterable<readonly [string, string]>,
): CheckpointNote {
  return { op: 'checkpoint', marks: [...marks], state: Array.from(state, ([key, text]) => pair(key, text)) }
}

export function changesOf(note: DoneNote): Changes {
  return new Map([...textsOf(note.set ?? []), ...(note.delete ?? []).map((key) => [key, undefined] as const)])
}

export function textsOf(pairs: Pairs<unknown>): readonly (readonly [key: string, text: string])[] {
  return pairs.map(([key, value]) => [key, JSON.stringify(value)])
}

export function isDone(note: Note): note is DoneNote {
  const { op, mark, time, set, delete: gone } = note
  return (
    op === 'done' &&
    typeof mark === 'string' &&
    typeof time === 'number' &&
    (set === undefined || isPairs(set, isAnything)) &&
    (gone === undefined || (Array.isArray(gone) && gone.every((key) => typeof key === 'string')))
  )
}

export function isCheckpoint(note: Note): note is CheckpointNote {
  const { op, marks, state } = note
  return op === 'checkpoint' && isPairs(marks, isNumber) && isPairs(state, isAnything)
}

function pair(key: string, text: string | undefined): readonly [string, unknown] {
  return [key, parsedText(text)]
}

function isPairs(value: unknown, isSecond: (second: unknown) => boolean): boolean {
  return (
    Array.isArray(value) &&
    value.every((it) => Array.isArray(it) && it.length === 2 && typeof it[0] === 'string' && isSecond(it[1]))
  )
}

const isNumber = (value: unknown): boolean => typeof value === 'number'
const isAnything = (): boolean => true
