/** The dead letters of a channel that survives: noted with a copy of the message, which is read again when somebody asks. */

import type { Body } from '../../body.js'
import type { Headers, Message } from '../../transport.js'
import { createDeadLetters } from '../dead-letters.js'
import type { Burial, DeadLetterStore, PartHost, Readmit, Tally } from '../parts.js'
import type { Journal, Place, Stored } from '../store.js'
import type { DeadNote, DiscardedNote } from './notes.js'

export interface DurableLetters {
  readonly store: DeadLetterStore
  /** A letter of an earlier run; `readmit` is how it goes back. */
  restore(note: DeadNote, stored: Stored, group: string | undefined, readmit: Readmit): void
  /** Holds the places of all letters; to be called once when the journal was read. */
  hold(): void
  /** Copies letters forward that stand between two places. */
  evacuate(from: Place, to: Place): void
}

/** In a note: `offset` of a letter whose message has none, and `group` of one whose group is not kept. */
const none = -1

/** `journal` is asked for when something is noted, never before it was read. */
export function createDurableLetters(
  { limits }: PartHost,
  tally: Tally,
  journal: () => Journal,
  now: () => number,
): DurableLetters {
  const letters = new Map<number, { place: Place; readonly note: DeadNote; readonly priority: number }>()

  const keep = (letter: number, place: Place, note: DeadNote, priority: number): void => {
    letters.set(letter, { place, note, priority })
  }
  const store = createDeadLetters(limits.deadLetters, limits.deadLetterBytes, tally, {
    buried(letter, { record, grounds, index = none }) {
      const note: DeadNote = {
        op: 'dead',
        letter,
        group: index,
        offset: grounds.offset ?? none,
        reason: record.reason,
        attempts: record.attempts,
        acquired: record.acquired ?? record.attempts,
        first: record.firstFailure,
        last: record.lastFailure,
        diedAt: record.diedAt,
      }
      const facts = { offset: grounds.offset ?? 0, time: now(), delayMs: 0, priority: grounds.priority }
      const place = journal().note(note, { ...facts, message: record.message })
      journal().hold(place)
      keep(letter, place, note, grounds.priority)
      return { ...record, message: messageOf(letter, record.message.id) }
    },
    discarded(numbers) {
      const note: DiscardedNote = { op: 'discarded', letters: numbers }
      journal().note(note)
    },
    removed(letter) {
      const kept = letters.get(letter)
      letters.delete(letter)
      if (kept !== undefined && held) journal().release(kept.place)
    },
  })
  let held = false

  const read = (letter: number): Message => {
    const kept = letters.get(letter)
    if (kept === undefined) throw new RangeError(`Letter ${letter} is no more.`)
    return journal().read(kept.place).message
  }
  const messageOf = (letter: number, id: string): Message => new StoredMessage(id, () => read(letter))

  return {
    store,
    restore(note, stored, group, readmit) {
      const { letter, reason, attempts, acquired, diedAt } = note
      const { priority, place } = stored
      const { id, body } = stored.message
      const burial: Burial = {
        record: {
          message: messageOf(letter, id),
          reason,
          group,
          attempts,
          acquired,
          firstFailure: note.first,
          lastFailure: note.last,
          diedAt,
        },
        size: body.size,
        grounds: { offset: note.offset === none ? undefined : note.offset, priority },
        index: note.group,
        revive: readmit,
      }
      store.restore(letter, burial)
      keep(letter, place, note, priority)
    },
    hold() {
      held = true
      for (const { place } of letters.values()) journal().hold(place)
    },
    evacuate(from, to) {
      for (const kept of letters.values()) {
        if (kept.place < from || kept.place >= to) continue
        const { place, note, priority } = kept
        const facts = { offset: Math.max(0, note.offset), time: now(), delayMs: 0, priority }
        const { message } = journal().read(place)
        kept.place = journal().note({ ...note, moved: true }, { ...facts, message })
        journal().hold(kept.place)
        journal().release(place)
      }
    },
  }
}

/** Reads itself when somebody looks at more than its id. */
class StoredMessage implements Message {
  constructor(
    readonly id: string,
    private readonly read: () => Message,
  ) {}

  get address(): string {
    return this.read().address
  }

  get key(): string | undefined {
    return this.read().key
  }

  get headers(): Headers {
    return this.read().headers
  }

  get time(): number {
    return this.read().time
  }

  get body(): Body {
    return this.read().body
  }
}
