/** The outbound path of publish, send and append: from the caller's value to the receipt of the transport. */

import type { SendOptions } from '../bus.js'
import type { Channel, Kind } from '../channel.js'
import { errorTable } from '../error-table.js'
import { BusError, isBusError } from '../errors.js'
import type { AnyTopic } from '../topic.js'
import type { MaybePromise, Message, PublishRequest, Receipt } from '../transport.js'
import { type Core, closedError } from './core.js'
import { checkHeaders } from './headers.js'
import { inTurn } from './in-turn.js'
import type { KnownTopic } from './known-topics.js'
import { type MessageOptions, makeMessage } from './message.js'
import { crossOut } from './onion.js'
import { checkOptionNames } from './option-names.js'
import { type Packed, pack } from './payload.js'
import { requireFeature } from './support.js'
import { isPromise } from './thenable.js'

/** Which kinds each verb takes. */
const kinds = { publish: 'event', send: 'queue', append: 'stream' } as const satisfies Record<string, Kind>
export type SendVerb = keyof typeof kinds

/** Options of send; publish and append take a part of them. */
export type GivenToSend = SendOptions & MessageOptions

/** Whatever the transport cannot do without happens before the call returns, so later changes of `value` are not seen. */
export function send(
  core: Core,
  verb: SendVerb,
  topic: AnyTopic,
  value: unknown,
  options: GivenToSend | undefined,
  cause: Message | undefined,
): Promise<Receipt> {
  try {
    if (!core.door.outbound) throw closedError(core, `${verb}() was called`)
    options?.signal?.throwIfAborted()
    const known = core.topics.get(topic, kinds[verb])
    if (options !== undefined) checkOptions(core, verb, known, options)
    const packed = pack(known, topic.wire.input, value, core.clock)
    return isPromise(packed) || known.checking !== undefined
      ? inTurn(known, packed, (late) => post(core, verb, known, late, options, cause))
      : post(core, verb, known, packed, options, cause)
  } catch (error) {
    return Promise.reject(error)
  }
}

function post(
  core: Core,
  verb: SendVerb,
  known: KnownTopic,
  packed: Packed,
  options: GivenToSend | undefined,
  cause: Message | undefined,
): Promise<Receipt> {
  const message = makeMessage(core, known, packed, options, cause)
  if (known.ready && known.waiting === 0 && core.middleware.length === 0) {
    return Promise.resolve(hand(core, known, message, options))
  }
  return postLater(core, verb, known, packed, message, options)
}

async function postLater(
  core: Core,
  verb: SendVerb,
  known: KnownTopic,
  packed: Packed,
  message: Message,
  options: GivenToSend | undefined,
): Promise<Receipt> {
  known.waiting += 1
  try {
    await core.topics.declare(known)
  } catch (error) {
    throw neverSent(error)
  } finally {
    known.waiting -= 1
  }
  if (!core.door.outbound) throw closedError(core, `a message on "${known.channel.name}" was sent`)
  options?.signal?.throwIfAborted()
  if (core.middleware.length === 0) return hand(core, known, message, options)
  const outgoing = { verb, topic: known.topic, message, value: packed.value }
  return crossOut(core.middleware, outgoing, (sealed) => hand(core, known, sealed, options))
}

/** A topic that could not be declared, as the sender is to hear it: whatever broke, the message is nowhere. */
function neverSent(error: unknown): unknown {
  if (!isBusError(error) || error.outcome !== undefined) return error
  const { code, details, message } = error
  const text = message.replace(`${code}: `, '').replace(errorTable[code].fix, '').trimEnd()
  return new BusError(code, text, { cause: error, details, outcome: 'rejected' })
}

function hand(
  core: Core,
  known: KnownTopic,
  message: Message,
  options: GivenToSend | undefined,
): MaybePromise<Receipt> {
  const { channel } = known
  if (options === undefined) return core.transport.publish({ channel, message }, core.life)
  const { delayMs, priority, signal = core.life } = options
  const request: PublishRequest = {
    channel,
    message,
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(priority === undefined ? {} : { priority }),
  }
  return core.transport.publish(request, signal)
}

function checkOptions(core: Core, verb: SendVerb, { channel }: KnownTopic, options: GivenToSend): void {
  checkSendOptions(verb, channel, options)
  const { delayMs } = options
  if (delayMs === undefined) return
  requireFeature(channel, core.transport, 'queue.delay', 'a delayed send')
  const longest = core.transport.capabilities.limits.maxDelayMs
  if (delayMs > longest) throw invalid(channel.name, `delayMs must be from 0 to ${longest}`)
}

/** What can be said of the options whatever the transport is: INVALID_OPTION, TOO_LARGE. */
export function checkSendOptions(verb: SendVerb, channel: Channel, options: GivenToSend): void {
  checkOptionNames(verb, channel.name, options)
  const { delayMs, priority, headers } = options
  if (headers !== undefined) checkHeaders(channel.name, headers)
  if (delayMs !== undefined && !(delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY)) {
    throw invalid(channel.name, 'delayMs must be a number of at least 0')
  }
  if (priority !== undefined) {
    if (!channel.guarantees.priority)
      throw invalid(channel.name, 'the topic allows no priority: define it with priority: true')
    if (!Number.isInteger(priority) || priority < 0 || priority > 9) {
      throw invalid(channel.name, 'priority must be an integer from 0 to 9')
    }
  }
}

const invalid = (topic: string, what: string): BusError =>
  new BusError('INVALID_OPTION', `On "${topic}" ${what}.`, { details: { topic }, outcome: 'rejected' })
