/** What subscribe, work, reply and accept give: one running consumer and its end. */

import type { Subscription } from '../bus.js'
import type { Consumer } from '../transport.js'
import { type Core, closedError } from './core.js'

/** Enters a running consumer into the bus, unless the bus was closed while the consumer was being made. */
export async function keepSubscription(
  core: Core,
  what: string,
  starting: Promise<Consumer>,
  signal: AbortSignal | undefined,
): Promise<Subscription> {
  const consumer = await starting
  if (!core.door.inbound || signal?.aborted === true) {
    await consumer.close()
    signal?.throwIfAborted()
    throw closedError(core, `${what} was effective`)
  }
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= consumer.close()
    return closing
  }
  const subscription: Subscription = {
    ended: consumer.ended.then((reason) => {
      core.aborts.remove(signal, closeQuietly)
      core.open.delete(subscription)
      return closing === undefined ? reason : undefined
    }),
    close,
    [Symbol.asyncDispose]: close,
  }
  function closeQuietly(): void {
    close().catch(() => undefined)
  }
  core.aborts.add(signal, closeQuietly)
  core.open.add(subscription)
  return subscription
}
