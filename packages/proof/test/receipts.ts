/** Watches a history being written, so that faults come when there is something to break. */

import type { History } from '../src/index.js'

export interface WatchedHistory extends History {
  /** Resolves after so many more receipts. */
  receipts(count: number): Promise<void>
}

export function watched(inner: History): WatchedHistory {
  let seen = 0
  let waiting: { readonly at: number; readonly resolve: () => void }[] = []
  return {
    write(process, happening) {
      inner.write(process, happening)
      if (happening.op !== 'publish' || happening.type !== 'ok') return
      seen += 1
      for (const { at, resolve } of waiting) if (at <= seen) resolve()
      waiting = waiting.filter(({ at }) => at > seen)
    },
    receipts: (count) =>
      new Promise((resolve) => {
        waiting.push({ at: seen + count, resolve })
      }),
  }
}
