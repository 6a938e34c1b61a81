/** How deliveries ended, as the script that settles wants it. */

import { writeFailure } from '@busbar/adapter'
import type { Outcome } from 'busbar/transport'

export interface Settlement {
  readonly id: string
  /** How often the message was handed out. */
  readonly times: number
  /** Kind, delay, failure, reason; undefined for `done`, which most are. */
  readonly words: readonly string[] | undefined
}

export function settlementOf(id: string, times: number, outcome: Outcome): Settlement {
  return { id, times, words: wordsOf(outcome) }
}

/** It was never started. */
export function returned(id: string, times: number): Settlement {
  return { id, times, words: ['back', '0', '', ''] }
}

/** How many are done, those, then the others with their words. */
export function told(settlements: readonly Settlement[]): string[] {
  const done: string[] = []
  const others: string[] = []
  for (const { id, times, words } of settlements) {
    if (words === undefined) done.push(id, String(times))
    else others.push(id, String(times), ...words)
  }
  return [String(done.length / 2), ...done, ...others]
}

function wordsOf(outcome: Outcome): string[] | undefined {
  const { kind } = outcome
  if (kind === 'done') return undefined
  if (kind === 'drop') return [kind, '0', '', '']
  const failure = writeFailure(outcome.failure) ?? ''
  if (kind === 'retry') return [kind, String(Math.round(outcome.afterMs)), failure, '']
  return [kind, '0', failure, outcome.reason]
}
