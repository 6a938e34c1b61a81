/** Where reading a stream begins: the user's words in those of the seam. */

import type { ReplayFrom } from '../bus.js'
import type { Start } from '../transport.js'
import { invalid } from './consume-options.js'
import type { Core } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { requireFeature } from './support.js'

/** INVALID_OPTION for a position that cannot be; UNSUPPORTED where the transport has no such positions. */
export function startOf(core: Core, known: KnownTopic, from: ReplayFrom): Start {
  if (from === 'start' || from === 'end') return from
  const given: Partial<{ offset: unknown; time: unknown }> | null = typeof from === 'object' ? from : null
  if (Number.isSafeInteger(given?.offset) && Number(given?.offset) >= 0) {
    requireFeature(known.channel, core.transport, 'stream.offset', 'reading from an offset')
    return { offset: Number(given?.offset) }
  }
  const time = given?.time instanceof Date ? given.time.getTime() : given?.time
  if (typeof time === 'number' && Number.isFinite(time)) {
    requireFeature(known.channel, core.transport, 'stream.time', 'reading from a time')
    return { time }
  }
  throw invalid(
    known,
    "from must be 'start', 'end', { offset } from 0, or { time } as a Date or in ms since the epoch",
  )
}
