/** The way of a handler's replies to the caller: each is validated, and a sequence waits while the caller is behind. */

import type { Body } from '../body.js'
import { errorTable } from '../error-table.js'
import { isBusError } from '../errors.js'
import type { Exchange, MaybePromise, Part } from '../transport.js'
import type { Wire } from '../wire-schema.js'
import type { Core } from './core.js'
import type { CallContext } from './exchange-context.js'
import type { KnownTopic } from './known-topics.js'
import { noBody } from './local-body.js'
import { type Packed, pack } from './payload.js'
import { verdictOf } from './settlement.js'
import { isPromise } from './thenable.js'

/** A reply that its own schema refuses: the responder's fault, told to both sides. */
export class ReplyRefused extends Error {}

/** Sends one reply, or all of an iterable; its promise resolves when the last was taken. Throws or rejects. */
export function sendReplies(
  core: Core,
  known: KnownTopic,
  exchange: Exchange,
  ctx: CallContext,
  result: unknown,
): MaybePromise<void> {
  if (!known.channel.guarantees.streamed || verdictOf(result) !== undefined) {
    return sendOne(core, known, exchange, result, true)
  }
  return sendSequence(core, known, exchange, ctx, result)
}

async function sendSequence(
  core: Core,
  known: KnownTopic,
  exchange: Exchange,
  ctx: CallContext,
  result: unknown,
): Promise<void> {
  const iterator = iteratorOf(known, result)
  let isOpen = true
  try {
    for (;;) {
      // A generator that throws or ends has cleaned up after itself.
      isOpen = false
      const step = await iterator.next()
      isOpen = step.done !== true
      if (ctx.isCancelled) return
      const isFailure = verdictOf(step.value) !== undefined
      if (isFailure || isOpen) await sendOne(core, known, exchange, step.value, isFailure)
      if (isFailure) return
      if (!isOpen) {
        await exchange.send({ body: noBody, end: true })
        return
      }
    }
  } finally {
    // Also when the caller left while a reply waited for room: the generator must not keep what it holds.
    if (isOpen) await iterator.return?.()
  }
}

/** Most schemas and wires answer at once; waiting for what is there already would cost a turn each. */
function sendOne(
  core: Core,
  known: KnownTopic,
  exchange: Exchange,
  result: unknown,
  end: boolean,
): MaybePromise<void> {
  const { output, errors } = known.topic.wire
  const verdict = verdictOf(result)
  const failure = verdict?.kind === 'fail' ? verdict : undefined
  const wire = failure === undefined ? output : errors.get(failure.name)
  if (wire === undefined) {
    throw new TypeError(
      `ctx.fail was called with ${JSON.stringify(failure?.name)}, which "${known.channel.name}" does not declare.`,
    )
  }
  const packing = packReply(core, known, wire, failure === undefined ? result : failure.data)
  const go = ({ body }: Packed): MaybePromise<void> => exchange.send(partOf(body, failure?.name, end))
  return isPromise(packing) ? packing.then(go) : go(packing)
}

function partOf(body: Body, failure: string | undefined, end: boolean): Part {
  if (failure === undefined) return end ? { body, end } : { body }
  return end ? { body, failure, end } : { body, failure }
}

function packReply(core: Core, known: KnownTopic, wire: Wire, value: unknown): MaybePromise<Packed> {
  try {
    const packing = pack(known, wire, value, core.clock)
    return isPromise(packing) ? packing.catch(refuse) : packing
  } catch (error) {
    return refuse(error)
  }
}

function refuse(error: unknown): never {
  if (!isBusError(error)) throw error
  // The advice of the code is added once more where the caller gets it.
  const advice = ` ${errorTable[error.code].fix}`
  const reason = error.message.endsWith(advice) ? error.message.slice(0, -advice.length) : error.message
  throw new ReplyRefused(`The reply was refused: ${reason}`, { cause: error })
}

function iteratorOf(known: KnownTopic, result: unknown): AsyncIterator<unknown> {
  if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
    // Anything with that member is an iterable by the language's own convention; a wrong one throws when it is used.
    return (result as AsyncIterable<unknown>)[Symbol.asyncIterator]()
  }
  throw new TypeError(
    `The handler of "${known.channel.name}" must give an async iterable, such as an async function*.`,
  )
}
