/** Serves a queue or a channel of tracked events that survives: one journal, and for every group a place in it. */

import type { Channel } from '../../channel.js'
import type { Receipt } from '../../transport.js'
import { digestOf } from '../dedupe-window.js'
import type { CreateDurableBroker, Tally } from '../parts.js'
import type { Facts, Journal } from '../store.js'
import { createSubscriptions } from '../subscriptions.js'
import { createTally, stateOf } from '../tally.js'
import { takesAll } from '../topic-tree.js'
import { flushed, whenDurable } from './durability.js'
import { createDurableGroup, type DurableGroup } from './durable-group.js'
import { createDurableLetters } from './durable-letters.js'
import { createJournalTime } from './journal-time.js'
import { createMessagesJournal, type MessagesState } from './messages-journal.js'
import type { ForgottenNote, GroupNote, UngroupNote } from './notes.js'
import { createPassingGroups } from './passing-groups.js'

const topPriority = 9

/** Reads the channel's journal before it returns. STORE_CORRUPT when that is damaged. */
export const createDurableMessages: CreateDurableBroker = (channel, host, store, dedupe) => {
  const { clock, limits } = host
  const tally = createTally()
  const time = createJournalTime(clock)
  let opened: Journal | undefined
  const journal = (): Journal => {
    if (opened === undefined) throw new Error(`The journal of ${channel.name} was not read yet.`)
    return opened
  }
  const letters = createDurableLetters(host, tally, journal, () => time.now())
  const groups = new Map<number, DurableGroup>()
  const names = new Map<number, readonly [name: string, pattern: string]>()
  const passing = createPassingGroups(channel, host, letters.store, tally, journal)
  const named = createSubscriptions<DurableGroup>(channel, limits, (name = '', pattern) => {
    const index = joining ?? ++state.lastGroup
    const group = createDurableGroup(host, {
      index,
      channel,
      group: name === '' ? undefined : name,
      tally,
      dead: letters.store,
      time,
      journal,
    })
    groups.set(index, group)
    names.set(index, [name, pattern])
    return group
  })
  /** Number of a group that is known from the journal. */
  let joining: number | undefined
  const state: MessagesState = {
    tally,
    letters,
    dedupe,
    time,
    journal,
    groups,
    next: 0,
    lastGroup: 0,
    match: named.match,
    nameOf: (index) => names.get(index) ?? ['', ''],
    addGroup(index, name, pattern) {
      joining = index
      named.enter(name, pattern)
      joining = undefined
      state.lastGroup = Math.max(state.lastGroup, index)
    },
    removeGroup(index) {
      const group = groups.get(index)
      if (group === undefined) return
      groups.delete(index)
      names.delete(index)
      named.remove(group)
      group.close()
    },
  }
  const enter = (name: string, pattern: string): DurableGroup => {
    const before = state.lastGroup
    const group = named.enter(name, pattern)
    if (state.lastGroup === before) return group
    const note: GroupNote = { op: 'group', group: group.index, name, pattern: state.nameOf(group.index)[1] }
    journal().note(note)
    group.start()
    return group
  }

  opened = store.open(channel, createMessagesJournal(state, clock.now()))
  time.start()
  for (const group of groups.values()) group.start()
  letters.hold()
  dedupe?.hold(journal())
  const all = [channel.name, ...channel.params.map(() => '*')].join('.')
  const workers = channel.kind === 'queue' ? enter('', all) : undefined

  return {
    dead: letters.store,
    flushed: () => flushed(journal()),

    publish({ message, delayMs = 0, priority = 0 }) {
      const { id, body, address } = message
      // Before any refusal: what is stored must not be called rejected, and old ids let go of what fills the disk.
      if (dedupe?.find(id, body) !== undefined)
        return whenDurable(journal(), (): Receipt => ({ id, level: 'durable', duplicate: true }))
      if (store.refusal !== undefined) throw store.refusal
      const passers = passing.match(address, body.size)
      const routes = named.match(address)
      const facts: Facts = {
        offset: state.next,
        time: time.now(),
        delayMs,
        priority: level(channel, priority),
      }
      const place = journal().message(facts, message)
      state.next++
      body.retain()
      dedupe?.add(id, digestOf(body), { offset: undefined, place })
      tally.received += routes.length
      for (const group of routes) group.add(facts.offset, place, facts.priority)
      return whenDurable(journal(), (): Receipt => {
        for (const group of routes) group.arrived(message, facts)
        // Who left meanwhile has left nothing behind.
        for (const group of passers) if (group.members > 0) group.offer(message, { delayMs, priority })
        return { id, level: 'durable' }
      })
    },

    consume({ group, pattern }, sink) {
      if (workers !== undefined)
        return workers.join(sink, takesAll(channel.name, channel.params, pattern) ? undefined : pattern)
      return group === undefined ? passing.join(pattern, sink) : enter(group, pattern).join(sink)
    },

    inspect: () => stateOf(sum(tally, passing.tally), [...groups.values(), ...passing.values()]),

    purge() {
      let count = 0
      for (const group of [...groups.values()]) {
        count += group.purge()
        // A dead letter goes back to its group, which must be there for that.
        if (group === workers || group.members > 0 || letters.store.size > 0) continue
        state.removeGroup(group.index)
        const note: UngroupNote = { op: 'ungroup', group: group.index }
        journal().note(note)
      }
      for (const group of passing.values()) count += group.purge()
      const note: ForgottenNote = { op: 'forgotten' }
      journal().note(note)
      return count
    },

    close() {
      dedupe?.close()
      for (const group of groups.values()) group.close()
      for (const group of passing.values()) group.close('CLOSED')
    },
  }
}

const level = ({ guarantees }: Channel, priority: number): number =>
  guarantees.priority ? Math.min(topPriority, Math.max(0, Math.trunc(priority))) : 0

/** Fields of both are the same. */
function sum(one: Tally, other: Tally): Tally {
  const total = { ...one }
  for (const [name, count] of Object.entries(other)) total[name as keyof Tally] += count
  return total
}
