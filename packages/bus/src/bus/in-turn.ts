/** Keeps the order of sends whose schema takes its time, whichever check is done first. */

import type { MaybePromise } from '../transport.js'

/** Where the sends of one topic, or of one side of a line, stand in line. */
export interface Turns {
  /** Settles, and never rejects, when the last of them has gone out or was refused. */
  checking: Promise<void> | undefined
}

/** Calls `go` once the check has passed and those before have gone out; it does not wait for their receipts. */
export function inTurn<T, R>(
  turns: Turns,
  checked: MaybePromise<T>,
  go: (value: T) => MaybePromise<R>,
): Promise<R> {
  const gone = Promise.allSettled([checked, turns.checking]).then(([check]) => {
    if (check.status === 'rejected') throw check.reason
    // In an object, since a promise alone would be waited for.
    return { result: go(check.value) }
  })
  const next = (): void => {
    if (turns.checking === mine) turns.checking = undefined
  }
  const mine: Promise<void> = gone.then(next, next)
  turns.checking = mine
  return gone.then(({ result }) => result)
}
