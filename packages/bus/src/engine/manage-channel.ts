/** Answers what is asked about one channel. */

import type { Answer, Command } from '../manage.js'
import type { ChannelRecord } from './channels.js'

/** Channels whose messages cannot die have no dead letters, which is not an error. */
export function manageChannel<C extends Command>(record: ChannelRecord, command: C): Answer<C> {
  // The answer's type depends on the command's `op`, which the compiler cannot follow through a switch.
  return answer(record, command) as Answer<C>
}

function answer(
  { broker, dedupe, mismatches }: ChannelRecord,
  command: Command,
): Answer<{ op: 'inspect' }> | Answer<{ op: 'dead.list'; limit: number }> | Answer<{ op: 'purge' }> {
  const { dead } = broker
  switch (command.op) {
    case 'inspect':
      return {
        ...broker.inspect(),
        mismatches: [...mismatches],
        ...(dedupe && { dedupeEvicted: dedupe.evicted, dedupeConflicts: dedupe.conflicts }),
      }
    case 'purge':
      dedupe?.clear()
      return { count: broker.purge() }
    case 'dead.list':
      return dead?.list(command.after, command.limit) ?? { letters: [], next: undefined }
    case 'dead.redrive':
      return { count: dead?.redrive(command.ids, command.body) ?? 0 }
    case 'dead.discard':
      return { count: dead?.discard(command.ids) ?? 0 }
  }
}
