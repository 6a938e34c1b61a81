/** Decides how a delivery ended: from the handler's result or error, the attempt, and the topic's retry policy. */

import type { RetryPolicy } from '../channel.js'
import { BusError } from '../errors.js'
import type { DeadReason, Failure, Issue, Outcome } from '../outcome.js'
import { done } from '../outcome.js'
import { textOfError } from './error-text.js'
import type { Verdict } from './settlement.js'

/** What a thrown error means. */
export type Verdicts = 'retry' | 'reject' | 'drop'

const drop: Outcome = Object.freeze({ kind: 'drop' })

const maxIssues = 20

/** What is kept of an error; payload values never get in here, only what the thrower wrote. */
export function failureOf(error: unknown): Failure {
  const code = error instanceof BusError ? error.code : undefined
  return { message: textOfError(error), ...(code === undefined ? {} : { code }) }
}

export function reject(reason: DeadReason, failure: Failure | undefined): Outcome {
  return { kind: 'reject', reason, failure }
}

/** The dead letter of a payload that its schema refuses. */
export function rejectInvalid(issues: readonly Issue[]): Outcome {
  return reject('schema', {
    message: 'The payload does not match the schema of its topic.',
    code: 'SCHEMA_INVALID',
    issues: issues.slice(0, maxIssues),
  })
}

/** The outcome of a verdict that the handler returned. */
export function outcomeOfVerdict(verdict: Verdict, at: Try): Outcome {
  switch (verdict.kind) {
    case 'retry': {
      const message = textOfError(verdict.reason ?? 'The handler asked for another try.')
      return again(at, { message }, verdict.afterMs)
    }
    case 'reject':
      return reject('rejected', { message: textOfError(verdict.reason) })
    case 'drop':
      return drop
    case 'fail':
      return done
  }
}

/** The outcome of an error that the handler threw. */
export function outcomeOfError(error: unknown, meaning: Verdicts, at: Try): Outcome {
  if (meaning === 'drop') return drop
  if (meaning === 'reject') return reject('rejected', failureOf(error))
  return again(at, failureOf(error), undefined)
}

/** One try of one message. */
export interface Try {
  readonly attempt: number
  readonly policy: RetryPolicy
  readonly random: () => number
}

function again(at: Try, failure: Failure, afterMs: number | undefined): Outcome {
  if (at.attempt >= at.policy.attempts) return reject('attempts', failure)
  return { kind: 'retry', afterMs: afterMs ?? backoffMs(at), failure }
}

/** The delay before the next try: fixed or doubling, capped, and spread by +-10 % so that failures do not march in step. */
export function backoffMs({ attempt, policy, random }: Try): number {
  const grown = policy.backoff === 'fixed' ? policy.initialMs : policy.initialMs * 2 ** (attempt - 1)
  return Math.min(grown, policy.maxMs) * (0.9 + random() * 0.2)
}
