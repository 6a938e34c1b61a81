/** Waiting for a journal: promises that settle when what was told it is on disk. */

import type { Journal } from '../store.js'

/** Calls `then` once everything told so far is on disk, and gives what it gives. Rejects with STORE_FAILED. */
export function whenDurable<T>(journal: Journal, then: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    journal.whenDurable((failure) => {
      if (failure === undefined) resolve(then())
      else reject(failure)
    })
  })
}

/** Resolves once everything told so far is on disk. */
export const flushed = (journal: Journal): Promise<void> => whenDurable(journal, () => undefined)
