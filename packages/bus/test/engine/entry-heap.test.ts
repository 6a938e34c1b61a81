/** The heap of entries, against a sorted list. */

import { expect, test } from 'vitest'
import { EncodedBody } from '../../src/body.js'
import { createEntry, type Entry } from '../../src/engine/entry.js'
import { EntryHeap } from '../../src/engine/entry-heap.js'

const body = new EncodedBody('json', new Uint8Array(0))

function entryAt(seq: number): Entry {
  const message = { id: `${seq}`, address: 'a.b', key: undefined, headers: {}, time: 0, body }
  const entry = createEntry(message, 0, undefined, 0)
  entry.seq = seq
  return entry
}

test('E4 gives the lowest place first, whatever was pushed and removed in between', () => {
  const heap = new EntryHeap()
  const inside: Entry[] = []
  let state = 11
  const pick = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  for (let step = 1; step <= 5_000; step++) {
    const kind = pick(4)
    if (kind > 1 || inside.length === 0) {
      const entry = entryAt(pick(1_000_000) * 10_000 + step)
      heap.push(entry)
      inside.push(entry)
    } else if (kind === 1) {
      const [entry] = inside.splice(pick(inside.length), 1)
      if (entry !== undefined) heap.remove(entry)
    } else {
      inside.sort((a, b) => a.seq - b.seq)
      expect(heap.shift()?.seq).toBe(inside.shift()?.seq)
    }
    const lowest = inside.reduce((least, { seq }) => Math.min(least, seq), Number.POSITIVE_INFINITY)
    expect(heap.first?.seq ?? Number.POSITIVE_INFINITY).toBe(lowest)
  }
})
