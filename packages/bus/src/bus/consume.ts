/** The inbound path of subscribe and work: a handler's way into the transport, checked and declared first. */

import type { StreamSubscribeOptions, Subscription } from '../bus.js'
import { patternOf } from '../contract/address.js'
import type { AnyTopic } from '../topic.js'
import type { ConsumeRequest } from '../transport.js'
import { bufferOf, checkHandler, concurrencyOf, groupOf } from './consume-options.js'
import { type Core, closedError } from './core.js'
import { type AnyHandler, createDeliver } from './deliver.js'
import { gapReporter } from './gap.js'
import type { KnownTopic } from './known-topics.js'
import { checkOptionNames } from './option-names.js'
import { startOf } from './start-position.js'
import { keepSubscription } from './subscription.js'

type Given = StreamSubscribeOptions<string>

/** Resolves when effective. */
export async function consume(
  core: Core,
  verb: 'subscribe' | 'work',
  topic: AnyTopic,
  handler: AnyHandler,
  options: Given = {},
): Promise<Subscription> {
  if (!core.door.inbound) throw closedError(core, `${verb}() was called`)
  options.signal?.throwIfAborted()
  const known = verb === 'work' ? core.topics.get(topic, 'queue') : core.topics.get(topic, 'event', 'stream')
  checkHandler(verb, handler)
  checkOptionNames(verb, known.channel.name, options)
  const request = requestOf(core, verb, known, options)
  await core.topics.declare(known)
  const deliver = createDeliver(core, verb, known, handler, options)
  const starting = core.transport.consume(request, deliver, options.signal ?? core.life)
  return keepSubscription(core, { verb, topic: known.channel.name }, starting, options.signal)
}

function requestOf(core: Core, verb: string, known: KnownTopic, options: Given): ConsumeRequest {
  const { channel } = known
  const group = verb === 'work' ? undefined : groupOf(core, known, options.group)
  const isStream = channel.kind === 'stream'
  const start =
    options.from === undefined && group !== undefined
      ? 'committed'
      : startOf(core, known, options.from ?? 'end')
  const buffer = bufferOf(core, known, options.buffer)
  return {
    channel,
    pattern: patternOf(channel, options.where),
    group,
    concurrency: concurrencyOf(known, options.concurrency, 1),
    ...(isStream ? { start } : {}),
    ...(buffer === undefined ? {} : { buffer }),
    onGap: gapReporter(core, known, options.onGap),
  }
}
