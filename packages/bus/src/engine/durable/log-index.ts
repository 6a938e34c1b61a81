/** A sparse index of a stream's records: where they stand in the journal, one entry for about 64 KiB of them. */

import type { Journal, Place } from '../store.js'

/** Places of one segment of the journal are closer together than this. */
const segmentSpan = 2 ** 27
const entryBytes = 65_536
/** Entries that were removed are cut off when there are as many of them, and not fewer than the others. */
const cutEntries = 1_024

export interface IndexEntry {
  readonly offset: number
  readonly place: Place
}

export interface LogIndex {
  /** Offset of the oldest record it knows; undefined when there is none. */
  readonly first: number | undefined
  /** To be told of every record, in order. */
  add(offset: number, place: Place, time: number): void
  /** The last entry at or before an offset. */
  at(offset: number): IndexEntry | undefined
  /** The last entry before a time; without one, the first. */
  before(time: number): IndexEntry | undefined
  /** Forgets records below `offset`, `end` being that of the next one; true when segments or entries became free. */
  removeBelow(offset: number, end: number): boolean
  /** Keeps the segments of what it knows, from now on. */
  hold(journal: Pick<Journal, 'hold' | 'release'>): void
}

export function createLogIndex(): LogIndex {
  let offsets: number[] = []
  let places: number[] = []
  let times: number[] = []
  /** Entries before it were removed. */
  let head = 0
  let journal: Pick<Journal, 'hold' | 'release'> | undefined
  /** The first entry of each segment, by which the segment is held. */
  const held: Place[] = []

  const segmentOf = (place: Place): number => Math.floor(place / segmentSpan)
  const entry = (index: number): IndexEntry | undefined => {
    const [offset, place] = [offsets[index], places[index]]
    return index < head || offset === undefined || place === undefined ? undefined : { offset, place }
  }
  /** The last entry for which `isBefore`, as long as all such are in front; `head - 1` without one. */
  const lastOf = (isBefore: (index: number) => boolean): number => {
    let low = head
    let high = offsets.length
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (isBefore(middle)) low = middle + 1
      else high = middle
    }
    return low - 1
  }
  const cut = (): void => {
    if (head < cutEntries || head * 2 < offsets.length) return
    offsets = offsets.slice(head)
    places = places.slice(head)
    times = times.slice(head)
    head = 0
  }
  const releaseBefore = (place: Place): void => {
    const segment = segmentOf(place)
    const from = held.findIndex((one) => segmentOf(one) >= segment)
    const free = held.splice(0, from < 0 ? held.length : from)
    for (const one of free) journal?.release(one)
  }

  return {
    get first() {
      return offsets[head]
    },
    add(offset, place, time) {
      const last = places.length - 1
      const before = last < head ? undefined : places[last]
      const isNewSegment = before === undefined || segmentOf(before) !== segmentOf(place)
      if (!isNewSegment && place - before < entryBytes) return
      offsets.push(offset)
      places.push(place)
      times.push(time)
      if (!isNewSegment) return
      held.push(place)
      journal?.hold(place)
    },
    at: (offset) => entry(lastOf((index) => (offsets[index] ?? 0) <= offset)),
    before: (time) =>
      entry(
        Math.max(
          head,
          lastOf((index) => (times[index] ?? 0) < time),
        ),
      ),
    removeBelow(offset, end) {
      const before = head
      while (head < offsets.length && (offsets[head + 1] ?? end) <= offset) head++
      if (head === before) return false
      releaseBefore(places[head] ?? Number.POSITIVE_INFINITY)
      cut()
      return true
    },
    hold(keeper) {
      journal = keeper
      for (const place of held) keeper.hold(place)
    },
  }
}
