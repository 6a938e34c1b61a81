/** A message made without a bus, for those who keep it before it is sent: checked as by the verb that will send it. */

import type { Clock } from '../clock.js'
import { BusError } from '../errors.js'
import type { MakeId } from '../ids.js'
import type { AnyTopic } from '../topic.js'
import type { Headers } from '../transport.js'
import { makeMessage } from './message.js'
import { pack } from './payload.js'
import { checkSendOptions, type GivenToSend, type SendVerb } from './send.js'

/** What a draft is made with. */
export interface DraftHost {
  readonly clock: Clock
  readonly makeId: MakeId
}

/** All of a message that a verb needs to send it later. */
export interface Draft {
  /** The verb that sends it. */
  readonly verb: SendVerb
  readonly id: string
  readonly key: string | undefined
  /** Those given; what a bus adds comes when it is sent. */
  readonly headers: Headers
  /** The payload as JSON text, in the input form of its schema: what the verb takes once it is parsed. */
  readonly payload: string
}

const verbs: ReadonlyMap<string, SendVerb> = new Map([
  ['event', 'publish'],
  ['queue', 'send'],
  ['stream', 'append'],
])
const none: Headers = Object.freeze({})

/**
 * Checks a message as `publish`, `send` and `append` do and gives what to keep of it. Rejects as they do before
 * anything is sent: INVALID_OPTION, INVALID_TOPIC, UNENCODABLE, DEPTH_EXCEEDED, SCHEMA_INVALID, TOO_LARGE (of the
 * topic; the limit of a transport is known only later). TypeError for a topic that none of the three takes.
 */
export async function draftMessage(
  topic: AnyTopic,
  value: unknown,
  options: GivenToSend,
  host: DraftHost,
): Promise<Draft> {
  const { channel } = topic
  const verb = verbs.get(channel.kind)
  if (verb === undefined) {
    throw new TypeError(`"${channel.name}" is of kind "${channel.kind}": it takes ${topic.verbs}.`)
  }
  checkSendOptions(verb, channel, options)
  const packed = await pack(
    { channel, maxBytes: channel.guarantees.maxBytes },
    topic.wire.input,
    value,
    host.clock,
  )
  const { id, key, headers, body } = makeMessage(
    host,
    { topic, channel, headers: none },
    packed,
    options,
    undefined,
  )
  if (body.codec !== 'json') {
    throw new BusError('UNENCODABLE', `A payload for "${channel.name}" is not JSON.`, { outcome: 'rejected' })
  }
  return { verb, id, key, headers, payload: body.text?.() ?? new TextDecoder().decode(body.bytes()) }
}
