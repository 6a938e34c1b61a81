/** Dead letters: listed by looking at all of them for a moment, put back or discarded by id. */

import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import { readLetter } from '@busbar/adapter'
import type { Answer, Body, Channel, Command, DeadLetterRecord } from 'busbar/transport'
import { batchSize } from './batches.js'
import type { Line, Lines } from './lines.js'
import { readForm, withBody, writeForm } from './message-form.js'
import type { Queues } from './queues.js'
import { entryOf } from './sending.js'

export interface LetterHost {
  readonly queues: Queues
  readonly lines: Lines
  /** The channel's dead-letter queue. */
  queueOf(channel: Channel): string
  /** Where a letter came from; undefined when no queue stands for that any more. */
  originOf(channel: Channel, group: string | undefined): string | undefined
}

/** So many letters are looked at by one command; the oldest are. */
const mostLetters = 10_000
/** While a command looks at them, other commands do not see them. */
const hiddenSeconds = 60

interface Seen {
  readonly letter: DeadLetterRecord
  readonly handle: string
  readonly messageId: string
  /** Ascending in the order in which letters were buried. */
  readonly place: string
}

type Page = Answer<{ readonly op: 'dead.list'; readonly limit: number }>
type DeadCommand = Exclude<Command, { readonly op: 'inspect' | 'purge' }>

export class Letters {
  constructor(private readonly host: LetterHost) {}

  async run(channel: Channel, command: DeadCommand): Promise<Page | { readonly count: number }> {
    const queue = this.host.queueOf(channel)
    const line = this.host.lines.of(queue)
    const all = await this.look(channel, queue)
    const kept = new Set(all)
    try {
      if (command.op === 'dead.list') return pageOf(all, command)
      const ids = command.ids === undefined ? undefined : new Set(command.ids)
      const chosen = all.filter(({ letter }) => ids?.has(letter.message.id) ?? true)
      const body = command.op === 'dead.redrive' ? command.body : undefined
      for (const one of chosen) {
        if (command.op === 'dead.redrive' && !(await this.putBack(channel, one, body))) continue
        kept.delete(one)
        await line.removals.add(one.handle)
      }
      return { count: all.length - kept.size }
    } finally {
      await show(line, kept)
    }
  }

  /** Receives every letter there is. */
  private async look(channel: Channel, queue: string): Promise<readonly Seen[]> {
    const all: Seen[] = []
    while (all.length < mostLetters) {
      // Waiting asks all of the servers behind a queue; otherwise some letters would not show.
      const page = await this.host.queues.receive(queue, { max: batchSize, waitSeconds: 1, hiddenSeconds })
      if (page.length === 0) break
      for (const raw of page) all.push(seen(channel, queue, raw))
    }
    return all.sort((a, b) => (a.place < b.place ? -1 : 1))
  }

  private async putBack(channel: Channel, one: Seen, body: Body | undefined): Promise<boolean> {
    const { message, group } = one.letter
    const origin = this.host.originOf(channel, group)
    if (origin === undefined) return false
    const written = writeForm(channel, body === undefined ? message : withBody(message, body))
    // Not under the id of the message: a queue that knows that one would swallow it.
    const entry = entryOf(origin, message, written, { token: one.messageId })
    await this.host.lines.of(origin).sends.add({ entry, bytes: written.bytes })
    return true
  }
}

function seen(channel: Channel, queue: string, raw: SqsMessage): Seen {
  const { message, control } = readForm(channel, queue, raw)
  const { SequenceNumber = '', SentTimestamp = '0' } = raw.Attributes ?? {}
  return {
    letter: readLetter(control, message),
    handle: raw.ReceiptHandle ?? '',
    messageId: raw.MessageId ?? message.id,
    place: `${SentTimestamp.padStart(15, '0')}-${SequenceNumber.padStart(24, '0')}`,
  }
}

function pageOf(
  all: readonly Seen[],
  { after = '', limit }: { readonly after?: string; readonly limit: number },
): Page {
  const rest = all.filter(({ place }) => place > after)
  const page = rest.slice(0, limit)
  return {
    letters: page.map(({ letter }) => letter),
    next: rest.length > limit ? page.at(-1)?.place : undefined,
  }
}

async function show(line: Line, letters: Iterable<Seen>): Promise<void> {
  const all = [...letters].map(({ handle }) => line.hidings.add({ handle, seconds: 0 }))
  await Promise.allSettled(all)
}
