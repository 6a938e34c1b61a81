/** One named group of a stream that survives: its commit, what is known beyond it, and a queue while somebody reads. */

import type { Channel } from '../../channel.js'
import type { Failure } from '../../outcome.js'
import type { NewLogGroup } from '../log-cursors.js'
import { createLogGroup, type LogGroup, type ReadingGroup } from '../log-group.js'
import type { LogRecords } from '../log-records.js'
import type { DeadLetterStore, Ledger, PartHost, Readmit, Tally } from '../parts.js'
import type { Journal, Mark, Place } from '../store.js'
import { createGroupMemory } from './group-memory.js'
import type { JournalTime } from './journal-time.js'
import type { CommitNote } from './log-notes.js'
import type { FailedNote, Moved, MovedNote, RedrivenNote } from './notes.js'
import { createReturns } from './returns.js'

/** Marks say what was settled; the commit is noted now and then, so that few of them have to be remembered. */
const notedRecords = 256
const prunedRecords = 1_024
const processEnded: Failure = { code: 'DISCONNECTED', message: 'The process ended while it had it.' }

export interface DurableLogGroup extends LogGroup {
  readonly index: number
  readonly name: string
  readonly pattern: string
  /** Everything of the group below it is settled. */
  readonly commit: number
  /** Offsets of what went back from the dead letters and was not settled since. */
  readonly returned: readonly number[]
  readonly readmit: Readmit
  /** These went back before the first segment there is: they were counted, whatever became of them since. */
  counted(offsets: readonly number[]): void
  /** What the journal says when it is read; the endings of marks are counted by its reader. */
  mark(mark: Mark, offset: number): void
  failed(note: FailedNote): void
  settled(offset: number): void
  committed(offset: number): void
  restore(offset: number, place: Place, known: Moved | undefined): void
  /** The journal was read. */
  start(): void
  evacuate(from: Place, to: Place): void
}

export interface DurableLogGroupOptions extends NewLogGroup {
  readonly index: number
  readonly channel: Channel
  readonly records: LogRecords
  readonly tally: Tally
  readonly dead: DeadLetterStore
  readonly time: JournalTime
  /** Not to be asked for before the journal was read. */
  readonly journal: () => Journal
}

export function createDurableLogGroup(host: PartHost, options: DurableLogGroupOptions): DurableLogGroup {
  const { index, channel, records, tally, dead, time, journal } = options
  const memory = createGroupMemory()
  const returns = createReturns()
  /** Settled beyond the commit; some below it may be among them. */
  const settled = new Set<number>()
  /** Known as counted from a checkpoint only. */
  const counted = new Set<number>()
  let pruneAt = prunedRecords
  let commit = options.cursor
  let noted = commit
  /** While it has members, or claims that can still be settled. */
  let reading: ReadingGroup | undefined
  let resting = false

  const advance = (to: number): void => {
    commit = Math.max(commit, to)
    if (settled.size < pruneAt) return
    for (const offset of settled) if (offset < commit) settled.delete(offset)
    pruneAt = 2 * settled.size + prunedRecords
  }
  /** What was settled and then removed is no gap. */
  const catchUp = (): void => {
    while (settled.delete(commit)) commit++
    memory.prune((offset) => offset >= Math.max(commit, records.first) || returns.has(offset))
  }
  const noteCommit = (): void => {
    if (commit === noted) return
    noted = commit
    const note: CommitNote = { op: 'commit', group: index, offset: commit }
    journal().note(note)
  }

  const settle = (offset: number): void => {
    memory.forget(offset)
    // What comes back from the dead letters was counted before.
    const wasCounted = counted.delete(offset)
    if (returns.remove(offset) || wasCounted) return
    tally.received++
    if (offset >= commit) settled.add(offset)
  }
  const mark = (kind: Mark, offset: number): void => {
    if (kind === 'leased' || kind === 'returned') memory.mark(kind, offset)
    else settle(offset)
  }
  const note = (kind: Mark, offset: number): void => {
    mark(kind, offset)
    journal().mark(kind, index, offset)
    restSoon()
  }
  const ledger: Ledger = {
    leased: (offset) => note('leased', offset),
    returned: (offset) => note('returned', offset),
    failed({ offset = 0, failed, lastFailure }, delayMs) {
      const at = time.now()
      const due = delayMs > 0 ? { due: at + delayMs, at } : { due: 0 }
      const tried: FailedNote = { op: 'failed', group: index, offset, failed, failure: lastFailure, ...due }
      memory.failed(tried)
      journal().note(tried)
      restSoon()
    },
    gone: (offset, ending) => note(ending, offset),
    write: () => journal().write(),
  }
  const offerOf = (offset: number) => ({
    offset,
    history: memory.historyOf(offset),
    delayMs: Math.max(0, memory.dueAt(offset) - time.now()),
  })

  const readmit: Readmit = (message, { offset = 0, priority }, letter) => {
    if (returns.has(offset)) return false
    const redriven: RedrivenNote = { op: 'redriven', letter, group: index }
    returns.add(offset, journal().note(redriven, { offset, time: time.now(), delayMs: 0, priority, message }))
    journal().whenDurable((failure) => {
      if (failure !== undefined) return
      returns.arrived(offset)
      reading?.wake()
    })
    return true
  }

  const open = (): ReadingGroup => {
    catchUp()
    return createLogGroup(host, {
      channel,
      records,
      tally,
      ledger,
      readmit,
      group: options.name,
      pattern: options.pattern,
      cursor: commit,
      dead: { bury: (burial) => dead.bury({ ...burial, index }), onRoom: (fn) => dead.onRoom(fn) },
      kept: {
        offerOf: (offset) => (offset >= commit && settled.has(offset) ? undefined : offerOf(offset)),
        takeBack() {
          const back = returns.next()
          return back && { message: journal().read(back.place).message, offer: offerOf(back.offset) }
        },
        advanced(to) {
          advance(to)
          if (commit >= noted + notedRecords) noteCommit()
        },
      },
      onSettled(ending, _again, offset) {
        // All other endings are noted by the ledger.
        if (ending !== 'dead') return
        settle(offset)
        restSoon()
      },
      onEmpty() {
        restSoon()
        options.onEmpty()
      },
    })
  }

  /** Gives up the queue of a group that nobody reads: thousands of them cost nothing but their commits. */
  const restSoon = (): void => {
    if (resting || reading === undefined || reading.members > 0) return
    resting = true
    host.defer(() => {
      resting = false
      const group = reading
      if (group === undefined || group.members > 0 || group.leased > 0) return
      advance(group.commit)
      noteCommit()
      group.close()
      reading = undefined
      returns.requeue()
    })
  }

  return {
    index,
    name: options.name,
    pattern: options.pattern.text,
    get commit() {
      return commit
    },
    get ready() {
      return (reading?.ready ?? 0) + returns.waiting
    },
    get delayed() {
      return reading?.delayed ?? 0
    },
    get leased() {
      return reading?.leased ?? 0
    },
    get members() {
      return reading?.members ?? 0
    },
    get unsettled() {
      return reading?.unsettled ?? 0
    },
    join(sink, until) {
      reading ??= open()
      return reading.join(sink, until)
    },
    appended: (offset) => reading?.appended(offset),
    readmit,
    get returned() {
      return returns.offsets()
    },
    counted(offsets) {
      for (const offset of offsets) counted.add(offset)
    },
    purge() {
      let count = reading?.purge() ?? 0
      for (const offset of returns.offsets()) {
        tally.purged++
        note('purged', offset)
        count++
      }
      return count
    },
    close() {
      reading?.close()
      reading = undefined
    },
    mark,
    failed: (note) => memory.failed(note),
    settled: settle,
    committed: advance,
    restore(offset, place, known) {
      returns.restore(offset, place)
      if (known !== undefined) memory.restore(offset, known)
    },
    start() {
      returns.hold(journal())
      counted.clear()
      noted = commit
      catchUp()
      if (host.crashFails) for (const tried of memory.failLeased(index, processEnded)) journal().note(tried)
    },
    evacuate(from, to) {
      returns.evacuate(from, to, (offset, place) => {
        const moved: MovedNote = { op: 'moved', groups: [{ group: index, ...memory.knownOf(offset) }] }
        return journal().note(moved, journal().read(place))
      })
    },
  }
}
