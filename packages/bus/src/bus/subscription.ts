/** What subscribe, work, reply and accept give: one running consumer and its end. */

import type { Subscription } from '../bus.js'
import { type BusErrorCode, errorTable } from '../error-table.js'
import type { Consumer } from '../transport.js'
import { type Core, closedError } from './core.js'

/** Enters a running consumer into the bus, unless the bus was closed while the consumer was being made. */
export async function keepSubscription(
  core: Core,
  { verb, topic }: { readonly verb: string; readonly topic: string },
  starting: Promise<Consumer>,
  signal: AbortSignal | undefined,
): Promise<Subscription> {
  const consumer = await starting
  if (!core.door.inbound || signal?.aborted === true) {
    await consumer.close()
    signal?.throwIfAborted()
    throw closedError(core, `${verb}() on "${topic}" was effective`)
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
      if (closing !== undefined) return undefined
      if (reason !== undefined) tellEnd(reason)
      return reason
    }),
    close,
    [Symbol.asyncDispose]: close,
  }
  /** Most callers do not look at `ended`, and a worker that is gone must not go unnoticed. */
  function tellEnd(code: BusErrorCode): void {
    const { meaning, fix } = errorTable[code]
    const message = `${verb}() on "${topic}" has ended by itself with ${code}. ${meaning} ${fix}`
    core.status.report({ code, topic, id: undefined, message })
  }
  function closeQuietly(): void {
    close().catch(() => undefined)
  }
  core.aborts.add(signal, closeQuietly)
  core.open.add(subscription)
  return subscription
}
