/** Opening a pair: resolves once the other side has taken the call. */

import type { Line } from '../bus.js'
import type { AnyTopic } from '../topic.js'
import type { Message } from '../transport.js'
import { Call, checkCall, type GivenToRequest } from './call.js'
import { callError } from './call-errors.js'
import { type Core, closedError } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { type OpenLine, openLine } from './line.js'
import { noBody } from './local-body.js'
import { makeMessage } from './message.js'
import { crossOut } from './onion.js'

/** NO_RESPONDER, PAIR_TAKEN, TIMEOUT, CANCELLED. The deadline is for taking the call, not for the talk. */
export async function dial(
  core: Core,
  topic: AnyTopic,
  options: GivenToRequest | undefined,
): Promise<Line<unknown, unknown>> {
  if (!core.door.inbound) throw closedError(core, 'dial() was called')
  options?.signal?.throwIfAborted()
  const known = core.topics.get(topic, 'pair')
  const timeoutMs = checkCall('dial', known, options)
  const message = makeMessage(core, known, { value: undefined, body: noBody }, options, undefined)
  await core.topics.declare(known)
  if (!core.door.inbound) throw closedError(core, `"${known.channel.name}" was dialed`)
  options?.signal?.throwIfAborted()
  const go = (sealed: Message): Promise<Line<unknown, unknown>> =>
    ring(core, known, sealed, timeoutMs, options?.signal)
  if (core.middleware.length === 0) return go(message)
  return crossOut(core.middleware, { verb: 'dial', topic, message, value: undefined }, go)
}

function ring(
  core: Core,
  known: KnownTopic,
  message: Message,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Line<unknown, unknown>> {
  const { input, output } = known.topic.wire
  return new Promise((resolve, reject) => {
    let open: OpenLine | undefined
    const call = new Call(
      core,
      {
        part(part) {
          if (open !== undefined) return open.part(part)
          // The first part only says that somebody took the call.
          call.meetDeadline()
          open = openLine(core, known, { sends: input, receives: output ?? input }, call)
          resolve(open.line)
        },
        ended(closed) {
          if (open === undefined) reject(callError(known, closed, timeoutMs))
          else open.ended(closed)
        },
      },
      signal,
    )
    call.open(known, message, timeoutMs, false)
  })
}
