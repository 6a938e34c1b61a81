/** The options of consumers, checked at the door: INVALID_OPTION says which is wrong and what it may be. */

import type { SubscribeOptions } from '../bus.js'
import type { Overflow } from '../channel.js'
import { BusError } from '../errors.js'
import type { ConsumeRequest } from '../transport.js'
import type { Core } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { requireFeature } from './support.js'

/** How many plain events may wait for one consumer. */
const defaultBufferMessages = 4_096
const overflows: readonly Overflow[] = ['block', 'drop-oldest', 'disconnect']
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const groupForm = /^[^\u0000-\u0020\u007f]{1,255}$/

/** TypeError: a missing handler is a mistake in the program. */
export function checkHandler(verb: string, handler: unknown): void {
  if (typeof handler === 'function') return
  throw new TypeError(`bus.${verb}(topic, handler) needs a function as its second argument.`)
}

export function concurrencyOf(known: KnownTopic, given: number | undefined, standard: number): number {
  if (given === undefined) return standard
  if (Number.isInteger(given) && given >= 1) return given
  throw invalid(known, `concurrency is ${String(given)}, it must be an integer of at least 1`)
}

/** The group of a subscription; undefined for one that gets its own copy of everything. */
export function groupOf(core: Core, known: KnownTopic, given: string | undefined): string | undefined {
  const group = given ?? core.service
  const isStream = known.channel.kind === 'stream'
  if (group === 'each') {
    if (!isStream) requireFeature(known.channel, core.transport, 'event.each', 'a copy for each instance')
    return undefined
  }
  if (typeof group !== 'string' || !groupForm.test(group)) {
    throw invalid(
      known,
      'group must be a string of 1 to 255 characters without spaces and control characters',
    )
  }
  requireFeature(known.channel, core.transport, isStream ? 'stream.groups' : 'event.groups', 'groups')
  return group
}

export function bufferOf(
  core: Core,
  known: KnownTopic,
  given: SubscribeOptions<string>['buffer'],
): ConsumeRequest['buffer'] {
  const { kind, guarantees } = known.channel
  if (kind !== 'event' || guarantees.tracked) {
    if (given === undefined) return undefined
    throw invalid(
      known,
      'buffer is given, but only plain events are buffered per consumer; these messages wait in a queue',
    )
  }
  const { messages = defaultBufferMessages, overflow = 'drop-oldest' } = given ?? {}
  if (!Number.isInteger(messages) || messages < 1)
    throw invalid(known, 'buffer.messages must be an integer of at least 1')
  if (!overflows.includes(overflow))
    throw invalid(known, `buffer.overflow must be one of ${overflows.join(', ')}`)
  if (overflow === 'block') {
    requireFeature(known.channel, core.transport, 'event.block', 'publishers that wait for slow subscribers')
  }
  return { messages, overflow }
}

/** INVALID_OPTION of a verb on one topic. */
export function invalid({ channel }: KnownTopic, what: string): BusError {
  return new BusError('INVALID_OPTION', `On "${channel.name}" ${what}.`, {
    details: { topic: channel.name },
    outcome: 'rejected',
  })
}
