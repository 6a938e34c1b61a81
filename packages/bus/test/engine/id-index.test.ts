/** The index of ids, against a map, with many removals. */

import { expect, test } from 'vitest'
import { IdIndex } from '../../src/engine/id-index.js'

/** A generator with a seed: the same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const uuid = (number: number): string => {
  const hex = (number * 2_654_435_761).toString(16).padStart(16, '0')
  return `01890000-0000-7000-${hex.slice(0, 4)}-${hex.slice(4, 16)}`
}

test('D1 F61 finds what was set and nothing else, whatever was removed meanwhile', () => {
  const pick = numbers(7)
  const capacity = 64
  for (let round = 0; round < 50; round++) {
    const index = new IdIndex(capacity)
    const bySlot = new Map<number, string>()
    for (let step = 0; step < 400; step++) {
      const slot = pick(capacity)
      const id = pick(5) === 0 ? `own-${pick(100)}` : uuid(pick(200))
      if (bySlot.has(slot)) {
        index.delete(slot)
        bySlot.delete(slot)
      } else if (![...bySlot.values()].includes(id)) {
        index.set(slot, id)
        bySlot.set(slot, id)
      }
      const asked = uuid(pick(200))
      const expected = [...bySlot].find(([, known]) => known === asked)?.[0]
      expect(index.find(asked)).toBe(expected)
    }
    const copy = new IdIndex(capacity * 2)
    for (const slot of bySlot.keys()) copy.copy(slot + capacity, index, slot)
    for (const [slot, id] of bySlot) expect(copy.find(id)).toBe(slot + capacity)
  }
})

test('D1 tells ids apart that only look like a UUID', () => {
  const index = new IdIndex(8)
  index.set(0, uuid(1))
  index.set(1, uuid(1).toUpperCase())
  index.set(2, uuid(1).replaceAll('-', '_'))
  expect([uuid(1), uuid(1).toUpperCase(), uuid(1).replaceAll('-', '_')].map((id) => index.find(id))).toEqual([
    0, 1, 2,
  ])
})
