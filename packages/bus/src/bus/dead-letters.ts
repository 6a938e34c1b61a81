/** The dead letters of one topic, as the user handles them: pages, one by one, back to work, or away. */

import type { DeadLetter, DeadLetters, RedriveOptions } from '../dead-letters.js'
import type { Answer, Command, DeadLetterRecord } from '../manage.js'
import type { AnyTopic } from '../topic.js'
import { invalid } from './consume-options.js'
import { type Core, closedError } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { decode, pack } from './payload.js'
import { requireFeature } from './support.js'

const standardPage = 100

/** UNSUPPORTED where the transport keeps none. */
export function deadLetters(core: Core, topic: AnyTopic): DeadLetters<unknown> {
  const known = core.topics.get(topic, 'event', 'queue', 'stream')
  requireFeature(known.channel, core.transport, 'deadletters', 'dead letters')

  return {
    list,
    [Symbol.asyncIterator]: all,
    async peek(id) {
      for await (const letter of all()) if (letter.id === id) return letter
      return undefined
    },
    redrive(options = {}) {
      const { ids, map } = options
      if (map !== undefined) return mend(map, ids)
      return counted({ op: 'dead.redrive', ...(ids === undefined ? {} : { ids }) })
    },
    discard: ({ ids } = {}) => counted({ op: 'dead.discard', ...(ids === undefined ? {} : { ids }) }),
  }

  async function list(options: { readonly limit?: number; readonly after?: string } = {}): Promise<{
    readonly letters: readonly DeadLetter[]
    readonly next: string | undefined
  }> {
    const { limit = standardPage, after } = options
    if (!Number.isInteger(limit) || limit < 1) throw invalid(known, 'limit must be an integer of at least 1')
    const page = await manage(core, known, {
      op: 'dead.list',
      limit,
      ...(after === undefined ? {} : { after }),
    })
    return { letters: page.letters.map(letterOf), next: page.next }
  }

  async function* all(): AsyncGenerator<DeadLetter, void> {
    let after: string | undefined
    do {
      const page = await list(after === undefined ? {} : { after })
      yield* page.letters
      after = page.next
    } while (after !== undefined)
  }

  async function counted(command: Command & { op: 'dead.redrive' | 'dead.discard' }): Promise<number> {
    const { count } = await manage(core, known, command)
    return count
  }

  async function mend(
    map: NonNullable<RedriveOptions<unknown>['map']>,
    ids: readonly string[] | undefined,
  ): Promise<number> {
    let count = 0
    // All letters are read before the first goes back: one that dies again at once must not be mended twice.
    const letters: DeadLetter[] = []
    for await (const letter of all()) if (ids === undefined || ids.includes(letter.id)) letters.push(letter)
    for (const letter of letters) {
      const value = map(letter)
      if (value === undefined) continue
      const { body } = await pack(known, topic.wire.input, value, core.clock)
      count += await counted({ op: 'dead.redrive', ids: [letter.id], body })
    }
    return count
  }
}

async function manage<C extends Command>(core: Core, known: KnownTopic, command: C): Promise<Answer<C>> {
  if (!core.door.outbound) throw closedError(core, `the dead letters of "${known.channel.name}" were used`)
  await core.topics.declare(known)
  return core.transport.manage(known.channel, command, core.life)
}

function letterOf({ message, reason, group, attempts, ...record }: DeadLetterRecord): DeadLetter {
  const { id, key, headers, body } = message
  return {
    id,
    reason,
    group,
    attempts,
    acquired: record.acquired ?? attempts,
    firstFailure: record.firstFailure,
    lastFailure: record.lastFailure,
    diedAt: record.diedAt,
    key,
    headers,
    payload: payloadOf(body),
    bytes: body.bytes(),
  }
}

function payloadOf(body: DeadLetterRecord['message']['body']): unknown {
  try {
    return decode(body)
  } catch {
    // Undecodable is one of the reasons to be here; the bytes are there to look at.
    return undefined
  }
}
