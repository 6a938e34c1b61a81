/** Serves a stream that survives: its records are in a journal, and so are the cursors of its groups. */

import { isBusError } from '../../errors.js'
import type { Receipt } from '../../transport.js'
import { digestOf } from '../dedupe-window.js'
import { createLogCursors } from '../log-cursors.js'
import { createRetention } from '../log-retention.js'
import type { CreateDurableBroker } from '../parts.js'
import type { Journal } from '../store.js'
import { createTally } from '../tally.js'
import { flushed, whenDurable } from './durability.js'
import { createDurableLetters } from './durable-letters.js'
import { createDurableLogGroup, type DurableLogGroup } from './durable-log-group.js'
import { createJournalTime } from './journal-time.js'
import { createLogJournal, type LogState } from './log-journal.js'
import type { CursorNote } from './log-notes.js'
import type { ForgottenNote, UngroupNote } from './notes.js'
import { createPassingLetters } from './passing-letters.js'
import { createStoredRecords } from './stored-records.js'

/** Reads the channel's journal before it returns. STORE_CORRUPT when that is damaged. */
export const createDurableLog: CreateDurableBroker = (channel, host, store, dedupe) => {
  const { clock } = host
  const { name } = channel
  const tally = createTally()
  const passing = createTally()
  const time = createJournalTime(clock)
  let opened: Journal | undefined
  const journal = (): Journal => {
    if (opened === undefined) throw new Error(`The journal of ${name} was not read yet.`)
    return opened
  }
  const letters = createDurableLetters(host, tally, journal, () => time.now())
  const records = createStoredRecords({ name, limits: channel.guarantees, clock, time, journal })
  const retention = createRetention(clock, channel.guarantees, records)
  const groups = new Map<number, DurableLogGroup>()
  /** Number of a group that is known from the journal. */
  let known: number | undefined

  const cursors = createLogCursors<DurableLogGroup>(channel, host, {
    records,
    tally,
    passing,
    dead: createPassingLetters(letters.store, tally, passing, journal),
    makeGroup(options) {
      const index = known ?? ++state.lastGroup
      const group = createDurableLogGroup(host, {
        ...options,
        index,
        channel,
        records,
        tally,
        dead: letters.store,
        time,
        journal,
      })
      groups.set(index, group)
      if (known !== undefined) return group
      const { pattern, cursor: at } = options
      const note: CursorNote = { op: 'group', group: index, name: options.name, pattern: pattern.text, at }
      journal().note(note)
      group.start()
      return group
    },
    onQuiet: () => records.rest(),
    onForgotten({ index }) {
      groups.delete(index)
      const note: UngroupNote = { op: 'ungroup', group: index }
      journal().note(note)
    },
  })
  const state: LogState = {
    tally,
    letters,
    dedupe,
    time,
    records,
    groups,
    lastGroup: 0,
    addGroup(index, groupName, pattern, commit) {
      known = index
      cursors.restore(groupName, pattern, commit)
      known = undefined
      state.lastGroup = Math.max(state.lastGroup, index)
    },
    removeGroup(index) {
      const group = groups.get(index)
      if (group === undefined) return
      groups.delete(index)
      cursors.remove(group.name, group.pattern)
    },
  }

  const retain = (): void => {
    try {
      retention.apply()
    } catch (error) {
      // A damaged record: the store has said so and stops, and who reads it hears of it.
      if (!isBusError(error)) throw error
    }
  }

  opened = store.open(channel, createLogJournal(state, clock.now()))
  time.start()
  records.start()
  letters.hold()
  dedupe?.hold(opened)
  for (const group of groups.values()) group.start()
  retain()

  return {
    dead: letters.store,
    flushed: () => flushed(journal()),

    publish({ message }) {
      const { id, body } = message
      // Before any refusal: what is stored must not be called rejected, and old ids let go of what fills the disk.
      const seen = dedupe?.find(id, body)
      if (seen !== undefined) {
        const { offset } = seen
        return whenDurable(
          journal(),
          (): Receipt => ({ id, level: 'durable', duplicate: true, ...(offset !== undefined && { offset }) }),
        )
      }
      if (store.refusal !== undefined) throw store.refusal
      const taken = time.now()
      const { offset, place } = records.append(message, taken, (next) =>
        journal().message({ offset: next, time: taken, delayMs: 0, priority: 0 }, message),
      )
      body.retain()
      dedupe?.add(id, digestOf(body), { offset, place })
      return whenDurable(journal(), (): Receipt => {
        records.arrived(offset, cursors.active ? message : undefined)
        cursors.appended(offset)
        retain()
        return { id, level: 'durable', offset }
      })
    },

    consume(request, sink) {
      retain()
      return cursors.consume(request, sink)
    },

    inspect() {
      retain()
      return cursors.inspect()
    },

    purge() {
      const count = records.removeAll()
      cursors.purge()
      const note: ForgottenNote = { op: 'forgotten' }
      journal().note(note)
      return count
    },

    close() {
      dedupe?.close()
      retention.close()
      cursors.close()
    },
  }
}
