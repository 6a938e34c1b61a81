/** Taking calls: each dialed pair becomes a line for the handler, which ends when the handler does. */

import type { Line, ReplyOptions, Subscription } from '../bus.js'
import type { AnyTopic } from '../topic.js'
import type { Accept } from '../transport.js'
import type { Core } from './core.js'
import { textOfError } from './error-text.js'
import { CallContext } from './exchange-context.js'
import type { KnownTopic } from './known-topics.js'
import { lineError, openLine } from './line.js'
import { noBody } from './local-body.js'
import { takeOffers } from './offers.js'
import { crossIn } from './onion.js'

/** An accepter of any topic; its types were checked where it was given to the bus. */
export type AnyAccepter = (line: Line<unknown, unknown>, ctx: CallContext) => unknown

/** Resolves when effective; PAIR_TAKEN when somebody serves the pair already. */
export function accept(
  core: Core,
  topic: AnyTopic,
  handler: AnyAccepter,
  options: ReplyOptions<string> = {},
): Promise<Subscription> {
  return takeOffers(core, 'accept', topic, handler, options, (known) => createAccept(core, known, handler))
}

function createAccept(core: Core, known: KnownTopic, handler: AnyAccepter): Accept {
  const { input, output } = known.topic.wire
  return (offer) => {
    const { message, timeoutMs, exchange } = offer
    const ctx = new CallContext(core, known, message, timeoutMs)
    const open = openLine(core, known, { sends: output ?? input, receives: input }, exchange)
    // talk() tells the other side about every error itself.
    void talk(core, known, handler, offer, open.line, ctx)
    return {
      part: open.part,
      closed(reason) {
        open.ended(reason)
        ctx.cancel(lineError(known, reason))
      },
    }
  }
}

async function talk(
  core: Core,
  known: KnownTopic,
  handler: AnyAccepter,
  { message, exchange }: Parameters<Accept>[0],
  line: Line<unknown, unknown>,
  ctx: CallContext,
): Promise<void> {
  const { topic } = known
  core.door.enter()
  try {
    // An empty part says that the call was taken.
    await exchange.send({ body: noBody })
    if (core.middleware.length === 0) await handler(line, ctx)
    else {
      const crossing = { verb: 'accept', topic, message, value: undefined, attempt: undefined } as const
      await crossIn(core.middleware, crossing, () => handler(line, ctx))
    }
  } catch (error) {
    if (!ctx.isCancelled) {
      core.status.report({
        code: 'HANDLER_FAILED',
        topic: topic.name,
        id: message.id,
        message: `The accepter of "${topic.name}" threw at call ${message.id}.`,
        error,
      })
      exchange.close({ code: 'REMOTE_ERROR', message: textOfError(error) })
    }
  } finally {
    await line.close()
    ctx.release()
    core.door.leave()
  }
}
