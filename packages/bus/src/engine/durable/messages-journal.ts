/** What the journal of a queue or an event channel says when it is read, and what is said to keep it short. */

import { type DedupeWindow, digestOf } from '../dedupe-window.js'
import type { Tally } from '../parts.js'
import type { Journal, JournalOwner, Place } from '../store.js'
import type { DurableGroup } from './durable-group.js'
import type { DurableLetters } from './durable-letters.js'
import type { JournalTime } from './journal-time.js'
import type { EngineNote, Moved, MovedNote, StateNote } from './notes.js'

/** What the reader of a journal changes in the broker. */
export interface MessagesState {
  readonly tally: Tally
  readonly letters: DurableLetters
  readonly dedupe: DedupeWindow | undefined
  readonly time: JournalTime
  readonly journal: () => Journal
  readonly groups: ReadonlyMap<number, DurableGroup>
  /** Offset of the next message. */
  next: number
  lastGroup: number
  match(address: string): readonly DurableGroup[]
  nameOf(group: number): readonly [name: string, pattern: string]
  addGroup(index: number, name: string, pattern: string): void
  removeGroup(index: number): void
}

export function createMessagesJournal(state: MessagesState, wallNow: number): JournalOwner {
  const { tally, letters, dedupe, time, groups } = state

  const apply = (note: EngineNote, stored: Parameters<JournalOwner['note']>[1]): void => {
    const group = 'group' in note && typeof note.group === 'number' ? groups.get(note.group) : undefined
    switch (note.op) {
      case 'state':
        Object.assign(tally, note.tally)
        state.next = note.next
        time.follow(note.time)
        letters.store.last = note.letters
        for (const [index, name, pattern] of note.groups) state.addGroup(index, name, pattern)
        state.lastGroup = note.lastGroup
        return
      case 'group':
        state.addGroup(note.group, note.name, note.pattern)
        return
      case 'ungroup':
        state.removeGroup(note.group)
        return
      case 'failed':
        if (note.at !== undefined) time.follow(note.at)
        group?.failed(note)
        return
      case 'purged':
        group?.forgetAll()
        tally.purged += note.count
        return
      case 'forgotten':
        dedupe?.clear()
        return
      case 'discarded':
        for (const letter of note.letters) letters.store.forget(letter)
        tally.dead -= note.letters.length
        tally.purged += note.letters.length
        return
      case 'dead': {
        if (stored === undefined) return
        const name = group === undefined ? undefined : nameIn(note.group)
        letters.restore(note, stored, name, (message, grounds, letter) => {
          const back = groups.get(note.group)
          return back?.readmit(message, grounds, letter) ?? false
        })
        if (note.moved) return
        tally.dead++
        // Of a group that is not kept, the message itself was not counted.
        if (note.group < 0) tally.received++
        group?.forget(note.offset)
        return
      }
      case 'redriven':
        letters.store.forget(note.letter)
        tally.dead--
        tally.redriven++
        // It went back to somebody of whom nothing is kept.
        if (stored === undefined) tally.received--
        else group?.restore(stored, undefined)
        return
      case 'moved':
        if (stored !== undefined)
          for (const known of note.groups) groups.get(known.group)?.restore(stored, known)
    }
  }
  const nameIn = (index: number): string | undefined => state.nameOf(index)[0] || undefined

  return {
    message(stored) {
      const { offset, time: taken, message } = stored
      state.next = Math.max(state.next, offset + 1)
      time.follow(taken)
      for (const group of state.match(message.address)) {
        tally.received++
        group.restore(stored, undefined)
      }
      if (dedupe === undefined) return
      const ageMs = Math.max(0, wallNow - taken)
      if (ageMs >= dedupe.windowMs) return
      dedupe.add(message.id, digestOf(message.body), { offset: undefined, place: stored.place, ageMs })
    },
    mark(mark, group, offset) {
      groups.get(group)?.mark(mark, offset)
      if (mark !== 'leased' && mark !== 'returned') tally[mark]++
    },
    note(note, stored) {
      // Written by `note` of this engine, in this format; another format is another version of the store.
      apply(note as EngineNote, stored)
    },
    checkpoint(): StateNote {
      return {
        op: 'state',
        next: state.next,
        time: time.now(),
        tally,
        letters: letters.store.last,
        groups: [...groups.keys()].map((index) => [index, ...state.nameOf(index)]),
        lastGroup: state.lastGroup,
      }
    },
    evacuate(from, to) {
      // By place, not by offset: what went back from the dead letters to one group may be mended, and is that group's only.
      const found = new Map<Place, { readonly offset: number; readonly known: Moved[] }>()
      for (const group of groups.values()) {
        for (const [offset, place, known] of group.between(from, to)) {
          const one = found.get(place)
          if (one === undefined) found.set(place, { offset, known: [known] })
          else one.known.push(known)
        }
      }
      for (const [place, { offset, known }] of found) {
        const note: MovedNote = { op: 'moved', groups: known }
        const moved = state.journal().note(note, state.journal().read(place))
        for (const { group } of known) groups.get(group)?.moved(offset, moved)
      }
      letters.evacuate(from, to)
    },
  }
}
