/** Leaves the messages of a link as bytes, which are decoded by hand. */

import type { Receiver } from 'rhea'

interface Transfer {
  readonly performative: { message_format?: unknown }
}

/** Any but the format of AMQP itself. */
const another = 1

/**
 * rhea decodes messages of the standard format only, and has no way to ask it not to, so it is told another format. Without
 * the method that is replaced here, or if nobody calls it, messages come decoded, which is slower.
 */
export function leaveUndecoded({ session }: Receiver): void {
  const raw = session as unknown as { on_transfer?: (frame: Transfer) => void }
  const { on_transfer: inner } = raw
  if (inner === undefined) return
  raw.on_transfer = (frame) => {
    const { performative } = frame
    if (performative.message_format === 0) performative.message_format = another
    inner.call(session, frame)
  }
}
