/** Dead letters as headers, alike on every broker, beside the headers that the message had. */

import type { DeadLetterRecord, DeadReason, Failure, Message } from 'busbar/transport'

const prefix = 'busbar-dead-'
const reasons: ReadonlySet<string> = new Set<DeadReason>([
  ...(['rejected', 'attempts', 'schema', 'undecodable', 'expired'] as const),
])

/** Why and how often, without the message itself. */
export type LetterFacts = Omit<DeadLetterRecord, 'message'>

/** The headers that make a message a dead letter. */
export function writeLetter(facts: LetterFacts): Record<string, string> {
  const { reason, group, attempts, acquired, firstFailure, lastFailure, diedAt } = facts
  return {
    [`${prefix}reason`]: reason,
    [`${prefix}attempts`]: String(attempts),
    [`${prefix}at`]: new Date(diedAt).toISOString(),
    ...(group !== undefined && { [`${prefix}group`]: group }),
    ...(acquired !== undefined && { [`${prefix}acquired`]: String(acquired) }),
    ...(firstFailure !== undefined && { [`${prefix}first-failure`]: ascii(firstFailure) }),
    ...(lastFailure !== undefined && { [`${prefix}last-failure`]: ascii(lastFailure) }),
  }
}

/** A dead letter out of its headers and its message; what foreign hands left out has a plain default. */
export function readLetter(
  headers: Readonly<Record<string, string | undefined>>,
  message: Message,
): DeadLetterRecord {
  const get = (name: string): string | undefined => headers[prefix + name]
  const reason = get('reason')
  const diedAt = Date.parse(get('at') ?? '')
  const acquired = Number(get('acquired') ?? Number.NaN)
  return {
    message,
    reason: isReason(reason) ? reason : 'rejected',
    group: get('group'),
    attempts: Number(get('attempts') ?? 1) || 1,
    ...(Number.isInteger(acquired) && { acquired }),
    firstFailure: failure(get('first-failure')),
    lastFailure: failure(get('last-failure')),
    diedAt: Number.isNaN(diedAt) ? message.time : diedAt,
  }
}

function isReason(text: string | undefined): text is DeadReason {
  return text !== undefined && reasons.has(text)
}

/** Not every broker carries other characters in headers. */
function ascii(value: Failure): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function failure(text: string | undefined): Failure | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('message' in value)) return { message: text }
    if (typeof value.message !== 'string') return { message: text }
    // Written by `writeLetter`, or by foreign hands that at least gave a message.
    return value as Failure
  } catch {
    return { message: text }
  }
}

/** What a failed try leaves with a message that goes back to its queue: the first failure is kept for the letter. */
export const firstFailureHeader = 'busbar-first-failure'

/** For `firstFailureHeader`; undefined when there is nothing to keep. */
export function writeFailure(value: Failure | undefined): string | undefined {
  return value === undefined ? undefined : ascii(value)
}

export function readFailure(text: string | undefined): Failure | undefined {
  return failure(text)
}

/** Failed tries so far are counted in this header where the broker's own count cannot serve. */
export const attemptHeader = 'busbar-attempt'
