/** One group of a channel that survives: a window of messages in memory, the rest in the journal. */

import type { Timer } from '../../clock.js'
import { isBusError } from '../../errors.js'
import type { Failure } from '../../outcome.js'
import type { Message } from '../../transport.js'
import type { EngineConsumer, Sink } from '../engine.js'
import { createGroupQueue } from '../group-queue.js'
import type { DeadLetterStore, Ending, GroupQueueOptions, Ledger, PartHost, Readmit } from '../parts.js'
import type { Facts, Journal, Mark, Place } from '../store.js'
import { createBacklog } from './backlog.js'
import { createGroupMemory } from './group-memory.js'
import type { JournalTime } from './journal-time.js'
import type { FailedNote, Moved, PurgedNote, RedrivenNote } from './notes.js'
import { createWaiting } from './waiting.js'

/** Messages of one priority in memory; what comes further behind waits in the journal. */
const windowMessages = 16_384
/** Times one more for each step of priority, so that many small ones are not in the way of an urgent one. */
const windowBytes = 16 * 1_048_576
const highest = 9
const retryMs = 100
const processEnded: Failure = { code: 'DISCONNECTED', message: 'The process ended while it had it.' }

export interface DurableGroup {
  readonly index: number
  readonly ready: number
  readonly delayed: number
  readonly leased: number
  readonly members: number
  /** Messages it has not settled. */
  readonly size: number
  join(sink: Sink, pattern?: string): EngineConsumer
  /** A message of the group was added to the journal, which is not on disk yet. */
  add(offset: number, place: Place, priority: number): void
  /** It is on disk now. */
  arrived(message: Message, facts: Facts): void
  readonly readmit: Readmit
  purge(): number
  close(): void
  /** What the journal says when it is read; none of it is counted here. */
  restore(facts: Facts & { readonly place: Place }, known: Moved | undefined): void
  mark(mark: Mark, offset: number): void
  failed(note: FailedNote): void
  /** Takes a message out that left in an earlier run; gives whether it was there. */
  forget(offset: number): boolean
  forgetAll(): void
  /** The journal was read: holds what it keeps, and serves from now on. */
  start(): void
  /** The messages that stand between two places, and what is known of them. */
  between(from: Place, to: Place): Iterable<readonly [offset: number, place: Place, known: Moved]>
  /** A message stands elsewhere now. */
  moved(offset: number, place: Place): void
}

export interface DurableGroupOptions extends Pick<GroupQueueOptions, 'channel' | 'group' | 'tally'> {
  readonly index: number
  readonly dead: DeadLetterStore
  readonly time: JournalTime
  /** Not to be asked for before the journal was read. */
  readonly journal: () => Journal
}

export function createDurableGroup(host: PartHost, options: DurableGroupOptions): DurableGroup {
  const { index, dead, time, journal, tally, channel } = options
  const { clock } = host
  const backlog = createBacklog()
  const memory = createGroupMemory()
  const inWindow = new Float64Array(highest + 1)
  /** Failed messages that wait for their next try when the journal is read, where keys keep their order: first of all. */
  const putOff: number[] = []
  let started = false
  let woken = false
  /** While the system has no descriptor for a file. */
  let retrying: Timer | undefined

  const ledger: Ledger = {
    leased: (offset) => note('leased', offset),
    returned: (offset) => note('returned', offset),
    failed({ offset = 0, failed, lastFailure }, delayMs) {
      const at = time.now()
      const due = delayMs > 0 ? { due: at + delayMs, at } : { due: 0 }
      const tried: FailedNote = { op: 'failed', group: index, offset, failed, failure: lastFailure, ...due }
      memory.failed(tried)
      journal().note(tried)
    },
    gone(offset, ending) {
      note(ending, offset)
      leave(offset)
    },
    write: () => journal().write(),
  }
  const readmit: Readmit = (message, { offset = 0, priority }, letter) => {
    const note: RedrivenNote = { op: 'redriven', letter, group: index }
    const facts = { offset, time: time.now(), delayMs: 0, priority }
    const place = journal().note(note, { ...facts, message })
    add(offset, place, priority)
    journal().whenDurable((failure) => {
      // Read again when its turn comes: the letter it came from is no more.
      if (failure !== undefined || !started || !backlog.has(offset)) return
      backlog.queue(offset)
      wake()
    })
    return true
  }
  const queue = createGroupQueue(host, {
    channel,
    group: options.group,
    tally,
    ledger,
    readmit,
    dead: {
      bury: (burial) => dead.bury({ ...burial, index }),
      onRoom: (fn) => dead.onRoom(fn),
    },
    onSettled(_message, offset, ending: Ending) {
      // All other endings are noted by the ledger.
      if (ending !== 'dead' || offset === undefined) return
      memory.forget(offset)
      leave(offset)
    },
  })
  const waiting = createWaiting(clock, (offset) => {
    backlog.queue(offset)
    wake()
  })

  function note(mark: Mark, offset: number): void {
    memory.mark(mark, offset)
    journal().mark(mark, index, offset)
  }

  /** A message of the window has left for good. */
  function leave(offset: number): void {
    const priority = backlog.priorityOf(offset)
    inWindow[priority] = (inWindow[priority] ?? 0) - 1
    const place = backlog.remove(offset)
    if (place !== undefined) journal().release(place)
    if (backlog.queued > 0) wake()
  }

  function add(offset: number, place: Place, priority: number): void {
    backlog.add(offset, place, priority)
    journal().hold(place)
  }

  const hasRoom = (priority: number): boolean =>
    (inWindow[priority] ?? 0) < windowMessages && queue.heldBytes < windowBytes * (priority + 1)

  function arrived(message: Message, { offset, delayMs, priority }: Facts): void {
    if (!started || !backlog.has(offset)) return
    if (delayMs > 0) waiting.add(offset, clock.monotonic() + delayMs)
    else if (backlog.queued + putOff.length === 0 && hasRoom(priority)) offer(offset, message, priority, 0)
    else backlog.queue(offset)
    if (backlog.queued > 0) wake()
  }

  function offer(offset: number, message: Message, priority: number, ageMs: number, delayMs = 0): void {
    inWindow[priority] = (inWindow[priority] ?? 0) + 1
    queue.offer(message, { offset, priority, history: memory.historyOf(offset), ageMs, delayMs })
  }

  /** Throws when it cannot be read now. */
  function bring(offset: number, priority: number, delayMs = 0): void {
    const { message, time: taken, delayMs: meant } = journal().read(backlog.placeOf(offset) ?? 0)
    offer(offset, message, priority, Math.max(0, time.now() - taken - meant), delayMs)
  }

  function wake(): void {
    if (woken || !started) return
    woken = true
    host.defer(fill)
  }

  /** Brings messages into the window, the highest priority first. */
  function fill(): void {
    woken = false
    retrying = undefined
    if (!started) return
    try {
      fillWindow()
    } catch (error) {
      if (!isBusError(error)) throw error
      if (isBusError(error, 'LIMIT_EXCEEDED')) retrying ??= clock.after(retryMs, fill)
      // A damaged record: the store has said so and stops; nothing may go on as if it were not there.
      else started = false
    }
  }

  function fillWindow(): void {
    for (let offset = putOff[0]; offset !== undefined; offset = putOff[0]) {
      if (backlog.has(offset)) bring(offset, backlog.priorityOf(offset), memory.dueAt(offset) - time.now())
      putOff.shift()
    }
    for (let priority = highest; priority >= 0; priority--) {
      while (hasRoom(priority)) {
        const offset = backlog.next(priority)
        if (offset === undefined) break
        try {
          bring(offset, priority)
        } catch (error) {
          // What cannot be read now stays where it was.
          backlog.queue(offset)
          throw error
        }
      }
    }
  }

  return {
    index,
    get ready() {
      return queue.ready + backlog.queued
    },
    get delayed() {
      return queue.delayed + waiting.size + putOff.length
    },
    get leased() {
      return queue.leased
    },
    get members() {
      return queue.members
    },
    get size() {
      return backlog.size
    },
    join: (sink, pattern) => queue.join(sink, pattern),
    add,
    arrived,
    readmit,
    purge() {
      const inMemory = queue.purge()
      const count = backlog.size
      const note: PurgedNote = { op: 'purged', group: index, count }
      journal().note(note)
      tally.purged += count
      for (const [offset, place] of backlog.entries()) {
        backlog.remove(offset)
        journal().release(place)
      }
      waiting.clear()
      putOff.length = 0
      memory.clear()
      return inMemory + count
    },
    close() {
      started = false
      retrying?.cancel()
      waiting.clear()
      queue.close('CLOSED')
    },
    restore({ offset, place, priority, time: taken, delayMs }, known) {
      backlog.add(offset, place, priority)
      const due = delayMs > 0 ? taken + delayMs : 0
      if (known !== undefined || due > 0)
        memory.restore(offset, { group: index, acquired: 0, failed: 0, due, ...known })
    },
    mark(mark, offset) {
      if (!backlog.has(offset)) return
      memory.mark(mark, offset)
      if (mark !== 'leased' && mark !== 'returned') backlog.remove(offset)
    },
    failed(note) {
      if (backlog.has(note.offset)) memory.failed(note)
    },
    forget(offset) {
      memory.forget(offset)
      return backlog.remove(offset) !== undefined
    },
    forgetAll() {
      memory.clear()
      for (const [offset] of backlog.entries()) backlog.remove(offset)
    },
    start() {
      started = true
      if (host.crashFails) for (const tried of memory.failLeased(index, processEnded)) journal().note(tried)
      const now = time.now()
      for (const [offset, place] of backlog.entries()) {
        journal().hold(place)
        const leftMs = memory.dueAt(offset) - now
        if (!(leftMs > 0)) backlog.queue(offset)
        else if (channel.guarantees.ordered && memory.historyOf(offset).failed > 0) putOff.push(offset)
        else waiting.add(offset, clock.monotonic() + leftMs)
      }
      wake()
    },
    *between(from, to) {
      for (const [offset, place] of backlog.entries()) {
        if (place < from || place >= to) continue
        yield [offset, place, { group: index, ...memory.knownOf(offset) }]
      }
    },
    moved(offset, place) {
      const old = backlog.add(offset, place, 0)
      journal().hold(place)
      if (old !== undefined) journal().release(old)
    },
  }
}
