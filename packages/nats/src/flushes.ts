/** Answers to pings, shared by all that was published in one turn. */

import type { Session } from './link.js'

export interface Flushes {
  /** Resolves when the server has taken in what was published on this connection until the end of this turn. */
  after(session: Session): Promise<void>
}

export function createFlushes(): Flushes {
  let open: { readonly session: Session; readonly flushed: Promise<void> } | undefined
  return {
    after(session) {
      if (open?.session === session) return open.flushed
      const flushed = new Promise<void>((resolve, reject) => {
        // After this turn: everything it publishes goes before the question.
        process.nextTick(() => {
          open = undefined
          session.flush().then(resolve, reject)
        })
      })
      open = { session, flushed }
      return flushed
    },
  }
}
