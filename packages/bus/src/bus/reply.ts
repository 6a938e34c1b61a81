/** Answering: runs a handler for each request and sends what it gives, or what went wrong. */

import type { ReplyOptions, Subscription } from '../bus.js'
import type { AnyTopic } from '../topic.js'
import type { Accept, Closed } from '../transport.js'
import { callError, closedByRefusal } from './call-errors.js'
import type { Core } from './core.js'
import { textOfError } from './error-text.js'
import { CallContext } from './exchange-context.js'
import type { KnownTopic } from './known-topics.js'
import { takeOffers } from './offers.js'
import { crossIn } from './onion.js'
import { unpack } from './payload.js'
import { ReplyRefused, sendReplies } from './send-reply.js'
import { isPromise, isThenable } from './thenable.js'

/** A replier of any topic; its types were checked where it was given to the bus. */
export type AnyReplier = (value: unknown, ctx: CallContext) => unknown
type Offer = Parameters<Accept>[0]

/** Resolves when effective. */
export function reply(
  core: Core,
  topic: AnyTopic,
  handler: AnyReplier,
  options: ReplyOptions<string> = {},
): Promise<Subscription> {
  return takeOffers(core, 'reply', topic, handler, options, (known) => createAccept(core, known, handler))
}

function createAccept(core: Core, known: KnownTopic, handler: AnyReplier): Accept {
  return (offer) => {
    const ctx = new CallContext(core, known, offer.message, offer.timeoutMs)
    // serve() tells the caller about every error itself.
    void serve(core, known, handler, offer, ctx)
    return {
      part: () => undefined,
      closed(reason) {
        if (reason.code !== 'DONE') ctx.cancel(callError(known, reason, offer.timeoutMs))
      },
    }
  }
}

async function serve(
  core: Core,
  known: KnownTopic,
  handler: AnyReplier,
  offer: Offer,
  ctx: CallContext,
): Promise<void> {
  const { exchange } = offer
  core.door.enter()
  try {
    exchange.close(await answer(core, known, handler, offer, ctx))
  } finally {
    ctx.release()
    core.door.leave()
  }
}

/** Runs the handler, sends its replies, and gives how the exchange ends. */
async function answer(
  core: Core,
  known: KnownTopic,
  handler: AnyReplier,
  { message, exchange }: Offer,
  ctx: CallContext,
): Promise<Closed> {
  const { topic } = known
  const unpacked = unpack(message.body, topic.wire.input, core.clock)
  const { value, refusal } = isPromise(unpacked) ? await unpacked : unpacked
  if (refusal !== undefined) {
    reportRefusal(core, known, message.id, `Request ${message.id} was refused on receive: ${refusal.message}`)
    return closedByRefusal('The request', refusal)
  }
  try {
    const result =
      core.middleware.length === 0
        ? handler(value, ctx)
        : crossIn(core.middleware, { verb: 'reply', topic, message, value, attempt: undefined }, () =>
            handler(value, ctx),
          )
    const sending = sendReplies(core, known, exchange, ctx, isThenable(result) ? await result : result)
    if (sending !== undefined) await sending
    return { code: 'DONE' }
  } catch (error) {
    // The caller is gone: nobody hears the reply, and a handler that heeds its signal throws for that reason.
    if (ctx.isCancelled) return { code: 'CANCELLED' }
    if (error instanceof ReplyRefused) {
      reportRefusal(core, known, message.id, error.message)
      return { code: 'SCHEMA_INVALID', message: textOfError(error) }
    }
    core.status.report({
      code: 'HANDLER_FAILED',
      topic: topic.name,
      id: message.id,
      message: `The replier of "${topic.name}" threw at request ${message.id}.`,
      error,
    })
    return { code: 'REMOTE_ERROR', message: textOfError(error) }
  }
}

function reportRefusal(core: Core, { channel }: KnownTopic, id: string, message: string): void {
  core.status.report({
    code: 'SCHEMA_INVALID',
    topic: channel.name,
    id,
    message: `"${channel.name}": ${message}`,
  })
}
