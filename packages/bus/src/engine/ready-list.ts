/** Messages that can be delivered now: by priority, then in order; apart by who may take them, so that none is in the way. */

import type { Entry, EntryLine } from './entry.js'
import { createTopicTree } from './topic-tree.js'

/** Messages that fit the same patterns, one list per priority. */
interface Lane {
  readonly patterns: readonly string[]
  readonly levels: readonly EntryLine[]
}

export interface ReadyList {
  readonly size: number
  push(entry: Entry): void
  /** Puts entries, sorted by place in the line, back where they stood. */
  restore(entries: readonly Entry[]): void
  /** The next message for a taker with this pattern; without one, for a taker of everything. */
  take(pattern: string | undefined): Entry | undefined
  remove(entry: Entry): void
  /** Tells that somebody takes only what fits `pattern`; to be undone by `removePattern`. */
  addPattern(pattern: string): void
  removePattern(pattern: string): void
  /** Empties it; in order of the line. */
  drain(): Entry[]
}

/** `makeLine` gives an empty line; a heap where entries are pushed that do not belong at its end. */
export function createReadyList(priorities: number, makeLine: () => EntryLine): ReadyList {
  const tree = createTopicTree<string>(1_000)
  const users = new Map<string, number>()
  const lanes = new Map<string, Lane>()
  const levels = (): EntryLine[] => Array.from({ length: priorities }, makeLine)
  // Without patterns there is one lane and nothing to look up.
  const open: Lane = { patterns: [], levels: levels() }
  let size = 0

  const laneOf = (address: string): Lane => {
    if (users.size === 0) return open
    const patterns = tree.match(address)
    if (patterns.length === 0) return open
    const name = patterns.join(' ')
    const known = lanes.get(name)
    if (known !== undefined) return known
    const lane: Lane = { patterns, levels: levels() }
    lanes.set(name, lane)
    return lane
  }
  const listOf = (entry: Entry): EntryLine | undefined => laneOf(entry.message.address).levels[entry.priority]
  const drain = (): Entry[] => {
    const all: Entry[] = []
    for (const lane of [open, ...lanes.values()])
      for (const list of lane.levels)
        for (let entry = list.shift(); entry !== undefined; entry = list.shift()) all.push(entry)
    lanes.clear()
    size = 0
    return all.sort((a, b) => a.seq - b.seq)
  }
  const push = (entry: Entry): void => {
    listOf(entry)?.push(entry)
    size++
  }
  const remove = (entry: Entry): void => {
    entry.list?.remove(entry)
    size--
  }
  const sortAgain = (): void => {
    for (const entry of drain()) push(entry)
  }

  return {
    get size() {
      return size
    },
    push,
    restore(entries) {
      // What was delivered before stands near the front: one walk per list finds the place of all.
      const places = new Map<EntryLine, Entry | undefined>()
      for (const entry of entries) {
        const list = listOf(entry)
        if (list === undefined) continue
        let place = places.has(list) ? places.get(list) : list.first
        while (place !== undefined && place.seq < entry.seq) place = place.next
        list.insert(entry, place)
        places.set(list, place)
        size++
      }
    },
    take(pattern) {
      if (size === 0) return undefined
      const best =
        lanes.size === 0 ? (pattern === undefined ? first(open) : undefined) : firstFor(pattern, open, lanes)
      if (best !== undefined) remove(best)
      return best
    },
    remove,
    addPattern(pattern) {
      const count = users.get(pattern) ?? 0
      users.set(pattern, count + 1)
      if (count > 0) return
      tree.add(pattern, pattern)
      sortAgain()
    },
    removePattern(pattern) {
      const count = users.get(pattern) ?? 0
      if (count > 1) {
        users.set(pattern, count - 1)
        return
      }
      users.delete(pattern)
      tree.remove(pattern, pattern)
      sortAgain()
    },
    drain,
  }
}

function first(lane: Lane): Entry | undefined {
  for (let level = lane.levels.length - 1; level >= 0; level--) {
    const entry = lane.levels[level]?.first
    if (entry !== undefined) return entry
  }
  return undefined
}

function firstFor(
  pattern: string | undefined,
  open: Lane,
  lanes: ReadonlyMap<string, Lane>,
): Entry | undefined {
  let best = pattern === undefined ? first(open) : undefined
  for (const lane of lanes.values()) {
    if (pattern !== undefined && !lane.patterns.includes(pattern)) continue
    const entry = first(lane)
    if (entry === undefined) continue
    if (
      best === undefined ||
      entry.priority > best.priority ||
      (entry.priority === best.priority && entry.seq < best.seq)
    )
      best = entry
  }
  return best
}
