/** Declaring a whole contract ahead of its first use, asking a topic for its counts, and emptying it. */

import type { ChannelState } from '../manage.js'
import type { AnyTopic } from '../topic.js'
import { type Core, closedError } from './core.js'
import { requireFeature } from './support.js'

const anyKind = ['event', 'queue', 'request', 'stream', 'pair'] as const

/** Declares all topics; throws what the first use of one would. */
export async function declareContract(
  core: Core,
  contract: Readonly<Record<string, AnyTopic>>,
): Promise<void> {
  if (!core.door.inbound) throw closedError(core, 'declare() was called')
  const topics = Object.values(contract).map((topic) => core.topics.get(topic, ...anyKind))
  await Promise.all(topics.map((known) => core.topics.declare(known)))
}

/** Counts of one topic. */
export async function inspect(core: Core, topic: AnyTopic): Promise<ChannelState> {
  if (!core.door.outbound) throw closedError(core, 'inspect() was called')
  const known = core.topics.get(topic, ...anyKind)
  requireFeature(known.channel, core.transport, 'inspect', 'inspect()')
  await core.topics.declare(known)
  return core.transport.manage(known.channel, { op: 'inspect' }, core.life)
}

/** Empties one topic; gives how many messages that were. */
export async function purge(core: Core, topic: AnyTopic): Promise<number> {
  if (!core.door.outbound) throw closedError(core, 'purge() was called')
  const known = core.topics.get(topic, 'event', 'queue', 'stream')
  requireFeature(known.channel, core.transport, 'inspect', 'purge()')
  await core.topics.declare(known)
  const { count } = await core.transport.manage(known.channel, { op: 'purge' }, core.life)
  return count
}
