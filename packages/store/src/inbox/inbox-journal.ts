/** The journal of an inbox: marks and state in memory, every change of them in one record on disk. */

import {
  BusError,
  type Clock,
  type Journal,
  type JournalOwner,
  type Note,
  type Store,
} from 'busbar/transport'
import type { Changes } from './file-transaction.js'
import { inboxChannel } from './inbox-channel.js'
import { changesOf, checkpointNote, doneNote, isCheckpoint, isDone, textsOf } from './inbox-notes.js'
import { KeyedState } from './keyed-state.js'
import { Marks } from './marks.js'

/** Together they fit into one checkpoint of a journal, which takes 64 MiB. */
const maxStateBytes = 32 * 1024 * 1024
const maxMarkBytes = 24 * 1024 * 1024

export interface InboxLimits {
  readonly keepMs: number
  readonly maxIds: number
}

export class InboxJournal implements JournalOwner {
  readonly state = new KeyedState()
  readonly marks: Marks
  private readonly journal: Journal
  /** Wall time as it was at the opening, less the monotonic one. */
  private base: number

  /** STORE_UNUSABLE or STORE_CORRUPT. */
  constructor(
    store: Store,
    private readonly clock: Clock,
    limits: InboxLimits,
  ) {
    this.marks = new Marks({ ...limits, maxBytes: maxMarkBytes })
    this.base = clock.now() - clock.monotonic()
    this.journal = store.open(inboxChannel, this)
    this.prune()
    this.marks.forgotten = 0
  }

  /** True when the message had its effect, and that is not forgotten. */
  isMarked(mark: string): boolean {
    this.prune()
    return this.marks.has(mark)
  }

  /**
   * Commits in one record; what it gives resolves when that is on disk, and rejects when it never will be. Throws before
   * anything has changed: LIMIT_EXCEEDED for too much state, TOO_LARGE for too long a record.
   */
  commit(mark: string, changes: Changes): Promise<void> {
    const bytes = this.state.bytesAfter(changes)
    if (bytes > maxStateBytes && bytes > this.state.bytes)
      throw new BusError(
        'LIMIT_EXCEEDED',
        `The state of an inbox would be ${bytes} bytes, at most ${maxStateBytes} are kept.`,
        { details: { bytes, maxStateBytes }, outcome: 'rejected' },
      )
    const time = this.now()
    this.journal.note(doneNote(mark, time, changes))
    this.marks.add(mark, time)
    this.prune()
    const land = this.state.commit(changes)
    return new Promise((resolve, reject) => {
      this.journal.whenDurable((failure) => {
        if (failure !== undefined) return reject(failure)
        land()
        resolve()
      })
    })
  }

  note(note: Note): void {
    if (isDone(note)) {
      this.retell(note.mark, note.time)
      this.state.commit(changesOf(note))()
      // Bounded while it is read, too.
      this.prune()
    } else if (isCheckpoint(note)) {
      for (const [mark, time] of note.marks) this.retell(mark, time)
      this.state.commit(new Map(textsOf(note.state)))()
    } else throw foreign(`a note "${note.op}"`)
  }

  checkpoint(): Note {
    this.prune()
    return checkpointNote(this.marks.entries(), this.state.entries())
  }

  message(): void {
    throw foreign('a message')
  }

  mark(): void {
    throw foreign('a mark of a queue')
  }

  /** Nothing is held: a checkpoint says everything. */
  evacuate(): void {}

  prune(): void {
    this.marks.prune(this.now())
  }

  private retell(mark: string, time: number): void {
    // A clock that was set back while the process was away must not make old marks young again.
    this.base = Math.max(this.base, time - this.clock.monotonic())
    this.marks.add(mark, time)
  }

  /** Wall ms that neither go back nor jump while the process lives. */
  private now(): number {
    return Math.floor(this.base + this.clock.monotonic())
  }
}

function foreign(what: string): BusError {
  return new BusError(
    'STORE_UNUSABLE',
    `The store of an inbox holds ${what}, which this version cannot read.`,
  )
}
