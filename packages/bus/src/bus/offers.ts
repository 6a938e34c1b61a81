/** The way of reply() and accept() into the transport: checked, declared, and kept until it is closed. */

import type { ReplyOptions, Subscription } from '../bus.js'
import { patternOf } from '../contract/address.js'
import type { AnyTopic } from '../topic.js'
import type { Accept } from '../transport.js'
import { checkHandler, concurrencyOf } from './consume-options.js'
import { type Core, closedError } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { checkOptionNames } from './option-names.js'
import { keepSubscription } from './subscription.js'

/** Which kinds each verb takes. */
const kinds = { reply: 'request', accept: 'pair' } as const

const standardConcurrency = 64

/** Resolves when effective; PAIR_TAKEN when somebody serves the pair already. */
export async function takeOffers(
  core: Core,
  verb: keyof typeof kinds,
  topic: AnyTopic,
  handler: unknown,
  options: ReplyOptions<string>,
  createAccept: (known: KnownTopic) => Accept,
): Promise<Subscription> {
  if (!core.door.inbound) throw closedError(core, `${verb}() was called`)
  options.signal?.throwIfAborted()
  const known = core.topics.get(topic, kinds[verb])
  const { channel } = known
  checkHandler(verb, handler)
  checkOptionNames(verb, channel.name, options)
  const request = {
    channel,
    pattern: patternOf(channel, options.where),
    concurrency: concurrencyOf(known, options.concurrency, standardConcurrency),
  }
  await core.topics.declare(known)
  const starting = core.transport.accept(request, createAccept(known), options.signal ?? core.life)
  return keepSubscription(core, { verb, topic: channel.name }, starting, options.signal)
}
