/** One delivery, from the bytes to its outcome: decode, validate, middleware, handler, verdict. */

import type { ConsumeOptions } from '../bus.js'
import type { Outcome } from '../outcome.js'
import { done } from '../outcome.js'
import type { Deliver, Delivery, MaybePromise } from '../transport.js'
import type { Core } from './core.js'
import {
  outcomeOfError,
  outcomeOfVerdict,
  reject,
  rejectInvalid,
  type Try,
  type Verdicts,
} from './decide-outcome.js'
import { DeliveryContext } from './delivery-context.js'
import type { KnownTopic } from './known-topics.js'
import { tell } from './listener.js'
import { LocalBody } from './local-body.js'
import { crossIn } from './onion.js'
import { type Refusal, unpack } from './payload.js'
import { verdictOf } from './settlement.js'
import { isPromise, isThenable } from './thenable.js'

/** A handler of any topic; its types were checked where it was given to the bus. */
export type AnyHandler = (value: unknown, ctx: DeliveryContext) => unknown

/**
 * Gives the function that the transport calls for each delivery. It never throws or rejects, and for a handler that
 * returns at once it makes no promise.
 */
export function createDeliver(
  core: Core,
  verb: 'subscribe' | 'work',
  known: KnownTopic,
  handler: AnyHandler,
  options: ConsumeOptions<string>,
): Deliver {
  const { topic, channel } = known
  const { tracked, retry: policy } = channel.guarantees
  const wire = topic.wire.input
  const layers = core.middleware.length > 0 ? core.middleware : undefined

  return (delivery) => {
    const { body } = delivery.message
    if (body instanceof LocalBody && body.isPrivateTo(wire)) return handle(delivery, body.take())
    const unpacked = unpack(body, wire, core.clock)
    if (!isPromise(unpacked)) {
      if (unpacked.refusal !== undefined) return refuse(delivery, unpacked.refusal)
      return handle(delivery, unpacked.value)
    }
    core.door.enter()
    return unpacked
      .then((late) =>
        late.refusal === undefined ? handle(delivery, late.value) : refuse(delivery, late.refusal),
      )
      .finally(() => core.door.leave())
  }

  function handle(delivery: Delivery, value: unknown): MaybePromise<Outcome> {
    const ctx = new DeliveryContext(core, known, delivery)
    let result: unknown
    try {
      result = layers === undefined ? handler(value, ctx) : throughMiddleware(delivery, value, ctx)
    } catch (error) {
      ctx.release()
      return failed(delivery, error)
    }
    if (isThenable(result)) return settleLater(ctx, delivery, result)
    ctx.release()
    return result === undefined ? done : settle(delivery, result)
  }

  async function settleLater(
    ctx: DeliveryContext,
    delivery: Delivery,
    result: PromiseLike<unknown>,
  ): Promise<Outcome> {
    core.door.enter()
    try {
      return settle(delivery, await result)
    } catch (error) {
      return failed(delivery, error)
    } finally {
      ctx.release()
      core.door.leave()
    }
  }

  function throughMiddleware(delivery: Delivery, value: unknown, ctx: DeliveryContext): Promise<unknown> {
    const { message, attempt } = delivery
    return crossIn(core.middleware, { verb, topic, message, value, attempt }, () => handler(value, ctx))
  }

  function settle(delivery: Delivery, result: unknown): Outcome {
    const verdict = verdictOf(result)
    if (verdict === undefined) return done
    return closing(delivery, outcomeOfVerdict(verdict, tryOf(delivery)))
  }

  function failed(delivery: Delivery, error: unknown): Outcome {
    const { id } = delivery.message
    const at = `attempt ${delivery.attempt} of ${tracked ? policy.attempts : 1}`
    core.status.report({
      code: 'HANDLER_FAILED',
      topic: channel.name,
      id,
      message: `The handler of "${channel.name}" threw at message ${id}, ${at}.`,
      error,
    })
    return closing(delivery, outcomeOfError(error, meaningOf(error), tryOf(delivery)))
  }

  function meaningOf(error: unknown): Verdicts {
    try {
      return options.classify?.(error) ?? 'retry'
    } catch {
      // The error itself is reported already; a classifier that fails has not said that retrying is pointless.
      return 'retry'
    }
  }

  function refuse(delivery: Delivery, { reason, issues, message }: Refusal): Outcome {
    const { id } = delivery.message
    core.status.report({
      code: reason === 'schema' ? 'SCHEMA_INVALID' : 'UNENCODABLE',
      topic: channel.name,
      id,
      message: `Message ${id} of "${channel.name}" was refused on receive: ${message}`,
    })
    // What a listener throws must not decide about the message.
    tell(
      () => options.onInvalid?.({ id, issues }),
      () => undefined,
    )
    if (reason === 'schema') return closing(delivery, rejectInvalid(issues))
    return closing(delivery, reject('undecodable', { message, code: 'UNENCODABLE' }))
  }

  /** Plain events are at most once, whatever became of them; the others may die here. */
  function closing(delivery: Delivery, outcome: Outcome): Outcome {
    if (!tracked) return done
    if (outcome.kind !== 'reject') return outcome
    core.status.report({
      code: 'DEAD_LETTER',
      topic: channel.name,
      id: delivery.message.id,
      message: `Message ${delivery.message.id} of "${channel.name}" became a dead letter (${outcome.reason}): ${outcome.failure?.message ?? ''}`,
    })
    return outcome
  }

  function tryOf(delivery: Delivery): Try {
    return { attempt: delivery.attempt, policy, random: core.random }
  }
}
