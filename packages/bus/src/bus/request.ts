/** Asking: one request, and either one reply or a sequence of them. */

import type { AnyTopic } from '../topic.js'
import type { Message, Part } from '../transport.js'
import { Call, checkCall, type GivenToRequest } from './call.js'
import { callError } from './call-errors.js'
import { type Core, closedError } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { makeMessage } from './message.js'
import { crossOut } from './onion.js'
import { type Packed, pack } from './payload.js'
import { iterableOnce, ReadAhead } from './read-ahead.js'
import { readReply } from './read-reply.js'
import { isPromise } from './thenable.js'

/** What both kinds of request need, checked and made. */
interface Ready {
  readonly core: Core
  readonly known: KnownTopic
  readonly packed: Packed
  readonly message: Message
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** A promise of the reply, or for a streamed topic an iterable that asks when it is iterated. */
export function request(
  core: Core,
  topic: AnyTopic,
  value: unknown,
  options: GivenToRequest | undefined,
  cause: Message | undefined,
): Promise<unknown> | AsyncIterable<unknown> {
  try {
    if (!core.door.outbound) throw closedError(core, 'request() was called')
    options?.signal?.throwIfAborted()
    const known = core.topics.get(topic, 'request')
    const timeoutMs = checkCall('request', known, options)
    const packed = pack(known, topic.wire.input, value, core.clock)
    const prepare = (late: Packed): Ready => {
      const message = makeMessage(core, known, late, options, cause)
      return { core, known, packed: late, message, timeoutMs, signal: options?.signal }
    }
    const ready = isPromise(packed) ? packed.then(prepare) : prepare(packed)
    if (known.channel.guarantees.streamed) return stream(known, ready)
    return isPromise(ready) ? ready.then(askInTurn) : askInTurn(ready)
  } catch (error) {
    if (isStreamed(topic)) return refused(topic, error)
    return Promise.reject(error)
  }
}

const isStreamed = (topic: Partial<AnyTopic> | undefined): boolean =>
  topic?.channel?.guarantees.streamed === true

function askInTurn(ready: Ready): Promise<unknown> {
  const { core, known, message } = ready
  if (known.ready && known.waiting === 0 && core.middleware.length === 0) return ask(ready, message)
  return declared(ready, () => cross(ready, (sealed) => ask(ready, sealed)))
}

async function declared<T>({ core, known, signal }: Ready, go: () => T | Promise<T>): Promise<T> {
  known.waiting += 1
  try {
    await core.topics.declare(known)
  } finally {
    known.waiting -= 1
  }
  if (!core.door.outbound) throw closedError(core, `"${known.channel.name}" was asked`)
  signal?.throwIfAborted()
  return go()
}

function cross<T>(
  { core, known, message, packed }: Ready,
  go: (message: Message) => T | Promise<T>,
): T | Promise<T> {
  if (core.middleware.length === 0) return go(message)
  return crossOut(core.middleware, { verb: 'request', topic: known.topic, message, value: packed.value }, go)
}

function ask({ core, known, timeoutMs, signal }: Ready, message: Message): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = new Call(
      core,
      {
        part(part) {
          call.done(part)
          try {
            resolve(readReply(core, known, part))
          } catch (error) {
            reject(error)
          }
        },
        ended: (closed) => reject(callError(known, closed, timeoutMs)),
      },
      signal,
    )
    call.open(known, message, timeoutMs, true)
  })
}

/** The replies as they come; `break` cancels the responder. */
function stream(known: KnownTopic, ready: Ready | Promise<Ready>): AsyncIterable<unknown> {
  // Whoever never iterates has no use for the error either.
  if (isPromise(ready)) ready.catch(() => undefined)
  return iterableOnce(`The replies of "${known.channel.name}"`, () => beginStream(known, ready))
}

function beginStream(known: KnownTopic, pending: Ready | Promise<Ready>): AsyncIterator<unknown> {
  let call: Call | undefined
  let isLeft = false
  const replies = new ReadAhead<Part, unknown>({
    async open(part) {
      const { core } = await pending
      // The end of a sequence is a part without a payload.
      if (part.end === true && part.failure === undefined && part.body.size === 0) return undefined
      return { value: await readReply(core, known, part) }
    },
    leave() {
      isLeft = true
      call?.close({ code: 'CANCELLED', message: 'The caller stopped reading.' })
    },
  })
  start().catch((error: unknown) => replies.finish(error))
  return replies

  async function start(): Promise<void> {
    const ready = await pending
    const { core, timeoutMs, signal } = ready
    await declared(ready, () =>
      cross(ready, (message) => {
        if (isLeft) return
        call = new Call(
          core,
          {
            part(part) {
              const taken = replies.push(part)
              if (part.end !== true) return taken
              replies.finish()
              call?.settle()
            },
            ended: (closed) =>
              closed.code === 'DONE' ? replies.finish() : replies.finish(callError(known, closed, timeoutMs)),
          },
          signal,
        )
        call.open(known, message, timeoutMs, true)
      }),
    )
  }
}

function refused(topic: AnyTopic, error: unknown): AsyncIterable<unknown> {
  return iterableOnce(`The replies of "${topic.name}"`, () => ({ next: () => Promise.reject(error) }))
}
