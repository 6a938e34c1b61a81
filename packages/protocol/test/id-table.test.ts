// A table of ids against a Map: whatever is done to both, they hold the same.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { IdTable } from '../src/id-table.js'

it('holds what a Map would, with ids that share a slot and beyond 32 bits', () => {
  const id = fc.oneof(
    fc.integer({ min: 0, max: 8 }),
    fc.constantFrom(1_024, 1_025, 2_048, 0xffff_ffff, 2 ** 40),
  )
  const step = fc.tuple(fc.constantFrom('set', 'delete', 'clear'), id)
  const run = (steps: readonly (readonly [string, number])[]): void => {
    const table = new IdTable<string>()
    const model = new Map<number, string>()
    for (const [index, [what, key]] of steps.entries()) {
      if (what === 'set') {
        table.set(key, `v${index}`)
        model.set(key, `v${index}`)
      } else if (what === 'delete') expect(table.delete(key)).toBe(model.delete(key))
      else if (index % 7 === 0) {
        table.clear()
        model.clear()
      }
      expect([table.size, table.has(key), table.get(key)]).toEqual([
        model.size,
        model.has(key),
        model.get(key),
      ])
    }
    expect(table.all().sort()).toEqual([...model.values()].sort())
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), run), { numRuns: 300 })
})
