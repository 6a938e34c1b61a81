/** Order per partition key: one message of a key is on its way, the others park behind it. */

import { type Entry, EntryList } from './entry.js'

interface Lane {
  head: Entry
  readonly waiting: EntryList
}

export interface KeyLanes {
  /** True when the entry may go on now; otherwise it was parked. Entries without a key always may. */
  enter(entry: Entry): boolean
  /** Tells that an entry has left for good; gives the one that may go on in its place. */
  leave(entry: Entry): Entry | undefined
  /** Forgets all lanes and gives back what was parked. */
  drain(): Entry[]
}

export function createKeyLanes(): KeyLanes {
  const lanes = new Map<string, Lane>()
  return {
    enter(entry) {
      const key = entry.message.key
      if (key === undefined) return true
      const lane = lanes.get(key)
      if (lane === undefined) {
        lanes.set(key, { head: entry, waiting: new EntryList() })
        return true
      }
      // A retried message still heads its lane.
      if (lane.head === entry) return true
      entry.state = 'parked'
      lane.waiting.push(entry)
      return false
    },
    leave(entry) {
      const key = entry.message.key
      const lane = key === undefined ? undefined : lanes.get(key)
      if (key === undefined || lane?.head !== entry) return undefined
      const next = lane.waiting.shift()
      if (next === undefined) lanes.delete(key)
      else lane.head = next
      return next
    },
    drain() {
      const parked: Entry[] = []
      for (const { waiting } of lanes.values())
        for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) parked.push(entry)
      lanes.clear()
      return parked
    },
  }
}
