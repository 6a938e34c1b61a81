/** The records of a stream that survives: all in the journal, an index and the latest of them in memory. */

import type { Guarantees } from '../../channel.js'
import type { Clock } from '../../clock.js'
import type { Message } from '../../transport.js'
import type { LogRecords } from '../log-records.js'
import type { Journal, Place, Stored } from '../store.js'
import type { JournalTime } from './journal-time.js'
import { createLogIndex } from './log-index.js'
import type { FirstNote } from './log-notes.js'
import { createLogPages } from './log-pages.js'
import { createLogTail } from './log-tail.js'

/** Records that are weighed together while a journal is read. */
const blockRecords = 1_024

/** `next` is where readers end: what comes behind is not on disk yet. */
export interface StoredRecords extends LogRecords {
  /** Offset of the record that is told next. */
  readonly end: number
  /** Removed below it, of what was told. */
  readonly removed: number
  /** Has `write` tell the journal a record under the offset it is given, and gives where that stands. */
  append(message: Message, time: number, write: (offset: number) => Place): Told
  /** A record is on disk; the message is remembered if it is given. */
  arrived(offset: number, message: Message | undefined): void
  /** Removes everything that was told; gives how many. */
  removeAll(): number
  /** What the journal says when it is read. */
  restore(stored: Stored): void
  restoreFirst(first: number): void
  /** The journal was read: keeps what is retained, and serves from now on. */
  start(): void
  /** Nobody reads: forgets what was only for readers. */
  rest(): void
}

export interface Told {
  readonly offset: number
  readonly place: Place
}

export interface StoredRecordsOptions {
  readonly name: string
  readonly limits: Pick<Guarantees, 'keepMs' | 'keepBytes'>
  readonly clock: Clock
  readonly time: JournalTime
  /** Not to be asked for before the journal was read. */
  readonly journal: () => Journal
}

export function createStoredRecords(options: StoredRecordsOptions): StoredRecords {
  const { clock, time, journal } = options
  // Nobody asks for the bytes otherwise, and every size would have to be read once more.
  const isWeighed = options.limits.keepBytes !== undefined
  const index = createLogIndex()
  const pages = createLogPages(options.name, index, journal)
  const tail = createLogTail()
  let removed = 0
  let next = 0
  let end = 0
  let bytes = 0
  /** While the journal is read: bytes of each block of records. */
  const weights = new Map<number, number>()

  const weigh = (block: number): number => {
    const to = Math.min(end, (block + 1) * blockRecords)
    let weight = 0
    for (let offset = removed; offset < to; offset++) weight += pages.at(offset).message.body.size
    return weight
  }
  const removeBelow = (offset: number): void => {
    removed = offset
    if (!index.removeBelow(offset, end)) return
    // Between two entries of the index nothing is noted: retention comes to the same after a restart.
    const note: FirstNote = { op: 'first', offset }
    journal().note(note)
  }
  const first = (): number => Math.min(removed, next)

  return {
    get first() {
      return first()
    },
    get next() {
      return next
    },
    get end() {
      return end
    },
    get removed() {
      return removed
    },
    get bytes() {
      return bytes
    },
    get firstAge() {
      if (first() === next) return undefined
      return pages.at(removed).time - time.now() + clock.monotonic()
    },
    append(message, taken, write) {
      const offset = end++
      let place: Place
      try {
        place = write(offset)
      } catch (error) {
        end = offset
        throw error
      }
      index.add(offset, place, taken)
      if (isWeighed) bytes += message.body.bytes().length
      return { offset, place }
    },
    arrived(offset, message) {
      next = offset + 1
      if (message !== undefined && offset >= removed) tail.push(offset, message)
    },
    at(offset) {
      if (offset < removed || offset >= next) return undefined
      return tail.at(offset) ?? pages.at(offset).message
    },
    since(wanted) {
      let offset = Math.max(index.before(wanted)?.offset ?? next, first())
      while (offset < next && pages.at(offset).time < wanted) offset++
      return Math.min(offset, next)
    },
    removeFirst() {
      if (first() === next) return
      if (isWeighed) bytes -= pages.at(removed).message.body.size
      removeBelow(removed + 1)
    },
    removeAll() {
      const count = end - removed
      bytes = 0
      tail.clear()
      pages.clear()
      if (count > 0) removeBelow(end)
      return count
    },
    restore({ offset, place, time: taken, message }) {
      end = Math.max(end, offset + 1)
      index.add(offset, place, taken)
      if (!isWeighed) return
      const block = Math.floor(offset / blockRecords)
      weights.set(block, (weights.get(block) ?? 0) + message.body.size)
    },
    restoreFirst(offset) {
      end = Math.max(end, offset)
      removed = Math.max(removed, offset)
      index.removeBelow(removed, end)
    },
    start() {
      removed = Math.max(removed, index.first ?? end)
      next = end
      index.hold(journal())
      for (const [block, weight] of weights) bytes += block * blockRecords >= removed ? weight : weigh(block)
      weights.clear()
    },
    rest() {
      tail.clear()
      pages.clear()
    },
  }
}
