/** Records that went back to their group from the dead letters: each is a copy of its own in the journal. */

import { Ring } from '../ring.js'
import type { Journal, Place } from '../store.js'

/** `told`: not on disk yet. `queued`: in the group's queue. */
type State = 'told' | 'waiting' | 'queued'

interface Returned {
  place: Place
  state: State
}

export interface Returns {
  /** Those that are not in the queue. */
  readonly waiting: number
  has(offset: number): boolean
  /** Adds a copy that was told to the journal. */
  add(offset: number, place: Place): void
  /** It is on disk. */
  arrived(offset: number): void
  /** Takes up a copy of an earlier run. */
  restore(offset: number, place: Place): void
  /** The place of the next one that waits; it is in the queue from now on. */
  next(): { readonly offset: number; readonly place: Place } | undefined
  /** False when there is none at that offset. */
  remove(offset: number): boolean
  offsets(): readonly number[]
  /** The queue is no more: what was in it waits again. */
  requeue(): void
  /** Keeps the copies it knows, from now on. */
  hold(journal: Pick<Journal, 'hold' | 'release'>): void
  /** Has the copies between two places written anew; `copy` gives the new place. */
  evacuate(from: Place, to: Place, copy: (offset: number, place: Place) => Place): void
}

export function createReturns(): Returns {
  const byOffset = new Map<number, Returned>()
  /** May name some that are gone. */
  let line = new Ring<number>()
  let queued = 0
  let journal: Pick<Journal, 'hold' | 'release'> | undefined

  const wait = (offset: number, returned: Returned): void => {
    returned.state = 'waiting'
    line.push(offset)
  }

  return {
    get waiting() {
      return byOffset.size - queued
    },
    has: (offset) => byOffset.has(offset),
    add(offset, place) {
      byOffset.set(offset, { place, state: 'told' })
      journal?.hold(place)
    },
    arrived(offset) {
      const returned = byOffset.get(offset)
      if (returned?.state === 'told') wait(offset, returned)
    },
    restore(offset, place) {
      const returned: Returned = { place, state: 'waiting' }
      if (!byOffset.has(offset)) line.push(offset)
      byOffset.set(offset, returned)
    },
    next() {
      for (let offset = line.shift(); offset !== undefined; offset = line.shift()) {
        const returned = byOffset.get(offset)
        if (returned?.state !== 'waiting') continue
        returned.state = 'queued'
        queued++
        return { offset, place: returned.place }
      }
      return undefined
    },
    remove(offset) {
      const returned = byOffset.get(offset)
      if (returned === undefined) return false
      byOffset.delete(offset)
      if (returned.state === 'queued') queued--
      journal?.release(returned.place)
      return true
    },
    offsets: () => [...byOffset.keys()],
    requeue() {
      line = new Ring()
      queued = 0
      for (const [offset, returned] of byOffset) if (returned.state !== 'told') wait(offset, returned)
    },
    hold(keeper) {
      journal = keeper
      for (const { place } of byOffset.values()) keeper.hold(place)
    },
    evacuate(from, to, copy) {
      for (const [offset, returned] of byOffset) {
        const { place } = returned
        if (place < from || place >= to) continue
        returned.place = copy(offset, place)
        journal?.hold(returned.place)
        journal?.release(place)
      }
    },
  }
}
