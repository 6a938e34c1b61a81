/** Middleware: the onion around everything a bus sends and handles. Skipped entirely when there is none. */

import type { BusMiddleware, Crossing } from '../middleware.js'
import type { AnyTopic } from '../topic.js'
import type { Message } from '../transport.js'
import { checkHeaders } from './headers.js'

/** Runs `last` inside the layers; the first layer is the outermost. */
async function throughLayers(
  layers: readonly BusMiddleware[],
  crossing: Crossing,
  last: () => unknown,
  index = 0,
): Promise<unknown> {
  const layer = layers[index]
  if (layer === undefined) return last()
  let called = false
  return layer(crossing, async () => {
    if (called) throw new TypeError('A middleware called next() twice; it runs what is inside once.')
    called = true
    return throughLayers(layers, crossing, last, index + 1)
  })
}

/** What is about to leave. */
export interface Outgoing {
  readonly verb: Crossing['verb']
  readonly topic: AnyTopic
  readonly message: Message
  readonly value: unknown
}

/** The way out: layers may add headers or refuse; the result is that of the transport, whatever a layer makes of it. */
export async function crossOut<T>(
  layers: readonly BusMiddleware[],
  { verb, topic, message, value }: Outgoing,
  last: (message: Message) => T | Promise<T>,
): Promise<T> {
  const headers = { ...message.headers }
  const crossing: Crossing = {
    direction: 'out',
    verb,
    topic,
    id: message.id,
    value,
    headers,
    attempt: undefined,
    key: message.key,
  }
  let leaving: Promise<T> | undefined
  await throughLayers(layers, crossing, () => {
    // Layers may not pretend to be another service.
    const sealed = { ...headers, source: message.headers.source ?? '' }
    checkHeaders(topic.name, sealed)
    leaving = Promise.resolve(last({ ...message, headers: sealed }))
    return leaving
  })
  if (leaving === undefined) {
    throw new TypeError(
      `A middleware let "${verb}" on "${topic.name}" end without calling next(); to refuse a message it must throw.`,
    )
  }
  return leaving
}

/** The way in: what the layers resolve with counts as the handler's result, so a layer may also stand in for it. */
export function crossIn(
  layers: readonly BusMiddleware[],
  arriving: Outgoing & { readonly attempt: number | undefined },
  handler: () => unknown,
): Promise<unknown> {
  const { verb, topic, message, value, attempt } = arriving
  const crossing: Crossing = {
    direction: 'in',
    verb,
    topic,
    id: message.id,
    value,
    headers: { ...message.headers },
    attempt,
    key: message.key,
  }
  return throughLayers(layers, crossing, handler)
}
