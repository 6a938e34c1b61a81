/** What a session's latest publishes were answered with, in case an answer was lost with its connection. */

import type { ReceiptRun, WireError } from '@busbar/protocol'

/** What became of a run of sequences. */
export type Answer = ReceiptRun | { readonly first: number; readonly count: 1; readonly error: WireError }

/** At least so many answers are remembered; a run of receipts is one. */
const keptAnswers = 2_048

export class AnswerHistory {
  private readonly answers: Answer[] = []
  private lastForgottenRefusal = 0

  add(answer: Answer): void {
    if (this.answers.length >= 2 * keptAnswers) {
      for (const old of this.answers.splice(0, keptAnswers)) {
        if ('error' in old) this.lastForgottenRefusal = Math.max(this.lastForgottenRefusal, old.first)
      }
    }
    this.answers.push(answer)
  }

  /** False: a sequence without an answer here may have been refused, which is forgotten. */
  wasAccepted(sequence: number): boolean {
    return sequence > this.lastForgottenRefusal
  }

  /** What a sequence was answered with, newest first. */
  find(sequence: number): Answer | undefined {
    return this.answers.findLast(({ first, count }) => sequence >= first && sequence < first + count)
  }
}
