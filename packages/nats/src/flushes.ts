/** Answers to pings, shared by all that is published in one go. */

import type { Session } from './link.js'

export interface Flushes {
  /**
   * Resolves when the server has taken in what this connection publishes until the end of this microtask. Asked before
   * the publish, the ping goes out in the same write.
   */
  after(session: Session): Promise<void>
}

export function createFlushes(): Flushes {
  let open: { readonly session: Session; readonly flushed: Promise<void> } | undefined
  return {
    after(session) {
      if (open?.session === session) return open.flushed
      const flushed = new Promise<void>((resolve, reject) => {
        // Before the client's own microtask, which would write what was published first.
        queueMicrotask(() => {
          open = undefined
          session.flush().then(resolve, reject)
        })
      })
      // Who asked may have failed to publish and not look at it.
      flushed.catch(() => undefined)
      open = { session, flushed }
      return flushed
    },
  }
}
