/** The circular list behaves like an array whose first item is taken. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ring } from '../../src/engine/ring.js'

test('a ring is first in, first out, however it grows and shrinks', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(60))), (steps) => {
      const ring = new Ring<number>()
      const array: number[] = []
      let next = 0
      for (const [pushes, shifts] of steps) {
        for (let count = 0; count < pushes; count++) {
          ring.push(next)
          array.push(next++)
        }
        for (let count = 0; count < shifts; count++) expect(ring.shift()).toBe(array.shift())
        expect(ring.size).toBe(array.length)
        expect(ring.peek()).toBe(array[0])
      }
    }),
  )
})

test('a ring works on after a burst was worked off', () => {
  const ring = new Ring<number>()
  for (let round = 0; round < 3; round++) {
    for (let item = 0; item < 5_000; item++) ring.push(item)
    for (let item = 0; item < 5_000; item++) expect(ring.shift()).toBe(item)
    expect(ring.shift()).toBeUndefined()
  }
})
