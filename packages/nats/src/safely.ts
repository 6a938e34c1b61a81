/** Callbacks that the client may call. */

import type { Msg } from '@nats-io/transport-node'

/** What throws there ends the whole connection: a message that cannot be read is worth less than that. */
export function safely(take: (msg: Msg) => unknown): (error: Error | null, msg: Msg) => void {
  return (error, msg) => {
    if (error !== null) return
    try {
      const taken = take(msg)
      if (taken instanceof Promise) taken.catch(() => undefined)
    } catch {
      // A message of a consumer comes again when its lease ends; others are lost, as on core NATS.
    }
  }
}
