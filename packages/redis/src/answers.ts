/** What the script that settles and takes answers, by name. */

import { listIn, numberIn, type Reply, textIn } from './replies.js'
import { type Row, rowsIn } from './rows.js'

export interface TakenRow {
  readonly row: Row
  readonly failed: number
  readonly times: number
}

export interface WorkAnswer {
  readonly taken: readonly TakenRow[]
  /** Until something is due by itself, in ms; undefined when nothing is. */
  readonly dueMs: number | undefined
  /** First and last offset of what retention has removed. */
  readonly gap: readonly number[]
  /** Everything before the end of the reading is settled. */
  readonly isAllRead: boolean
  /** Since when the consumer waited until now, and how often it was given messages since. */
  readonly waited: { readonly mark: string; readonly gifts: number }
  /** Since when it waits from now on; empty when it does not. */
  readonly mark: string
}

export function answerIn(reply: Reply): WorkAnswer {
  const [rows, tries, due, gap, end, mark, gifts, newMark] = listIn(reply)
  const counts = listIn(tries)
  const dueMs = numberIn(due)
  return {
    taken: rowsIn(listIn(rows)).map((row, at) => ({
      row,
      failed: numberIn(counts[2 * at] ?? 0),
      times: numberIn(counts[2 * at + 1] ?? 1),
    })),
    dueMs: dueMs < 0 ? undefined : dueMs,
    gap: listIn(gap).map(numberIn),
    isAllRead: numberIn(end) === 1,
    waited: { mark: textIn(mark), gifts: numberIn(gifts) },
    mark: textIn(newMark),
  }
}
