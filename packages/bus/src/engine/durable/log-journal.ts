/** What the journal of a stream says when it is read, and what is said to keep it short. */

import { type DedupeWindow, digestOf } from '../dedupe-window.js'
import type { Tally } from '../parts.js'
import type { JournalOwner, Stored } from '../store.js'
import type { DurableLetters } from './durable-letters.js'
import type { DurableLogGroup } from './durable-log-group.js'
import type { JournalTime } from './journal-time.js'
import type { LogNote, LogStateNote } from './log-notes.js'
import type { StoredRecords } from './stored-records.js'

/** What the reader of a journal changes in the broker. */
export interface LogState {
  /** Of what is kept: readers are not. */
  readonly tally: Tally
  readonly letters: DurableLetters
  readonly dedupe: DedupeWindow | undefined
  readonly time: JournalTime
  readonly records: StoredRecords
  readonly groups: ReadonlyMap<number, DurableLogGroup>
  lastGroup: number
  addGroup(index: number, name: string, pattern: string, commit: number): void
  removeGroup(index: number): void
}

export function createLogJournal(state: LogState, wallNow: number): JournalOwner {
  const { tally, letters, dedupe, time, records, groups } = state

  const apply = (note: LogNote, stored: Stored | undefined): void => {
    const group = 'group' in note && typeof note.group === 'number' ? groups.get(note.group) : undefined
    switch (note.op) {
      case 'state':
        Object.assign(tally, note.tally)
        records.restoreFirst(note.first)
        time.follow(note.time)
        letters.store.last = note.letters
        for (const [index, name, pattern, commit, returned] of note.groups) {
          state.addGroup(index, name, pattern, commit)
          groups.get(index)?.counted(returned)
        }
        state.lastGroup = note.lastGroup
        return
      case 'first':
        records.restoreFirst(note.offset)
        return
      case 'group':
        state.addGroup(note.group, note.name, note.pattern, note.at)
        return
      case 'ungroup':
        state.removeGroup(note.group)
        return
      case 'commit':
        group?.committed(note.offset)
        return
      case 'failed':
        if (note.at !== undefined) time.follow(note.at)
        group?.failed(note)
        return
      case 'forgotten':
        dedupe?.clear()
        return
      case 'discarded':
        for (const letter of note.letters) letters.store.forget(letter)
        tally.dead -= note.letters.length
        tally.purged += note.letters.length
        return
      case 'dead':
        if (stored === undefined) return
        letters.restore(note, stored, group?.name, (message, grounds, letter) => {
          const back = groups.get(note.group)
          return back?.readmit(message, grounds, letter) ?? false
        })
        if (note.moved) return
        tally.dead++
        if (group === undefined) tally.received++
        else group.settled(note.offset)
        return
      case 'redriven':
        letters.store.forget(note.letter)
        tally.dead--
        tally.redriven++
        // Who is not kept had it, and is gone.
        if (stored === undefined) tally.received--
        else group?.restore(stored.offset, stored.place, undefined)
        return
      case 'moved':
        if (stored === undefined) return
        for (const known of note.groups) groups.get(known.group)?.restore(stored.offset, stored.place, known)
    }
  }

  return {
    message(stored) {
      const { offset, time: taken, place } = stored
      records.restore(stored)
      time.follow(taken)
      if (dedupe === undefined) return
      const ageMs = Math.max(0, wallNow - taken)
      if (ageMs >= dedupe.windowMs) return
      const { id, body } = stored.message
      dedupe.add(id, digestOf(body), { offset, place, ageMs })
    },
    mark(mark, index, offset) {
      const group = groups.get(index)
      group?.mark(mark, offset)
      if (mark === 'leased' || mark === 'returned') return
      tally[mark]++
      if (group === undefined) tally.received++
    },
    note(note, stored) {
      // Written by `note` of this engine, in this format; another format is another version of the store.
      apply(note as LogNote, stored)
    },
    checkpoint(): LogStateNote {
      return {
        op: 'state',
        first: records.removed,
        time: time.now(),
        tally,
        letters: letters.store.last,
        groups: [...groups.values()].map(({ index, name, pattern, commit, returned }) => [
          index,
          name,
          pattern,
          commit,
          returned,
        ]),
        lastGroup: state.lastGroup,
      }
    },
    evacuate(from, to) {
      for (const group of groups.values()) group.evacuate(from, to)
      letters.evacuate(from, to)
    },
  }
}
