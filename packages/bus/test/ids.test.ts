/** Ids: their form, their order, and the time in them. */
import { expect, test } from 'vitest'
import { createIds } from '../src/ids.js'

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

test('ids are version 7, carry the time, and sort as they were made, also when the clock steps back', () => {
  let now = 1_700_000_000_000
  const make = createIds({ now: () => now, monotonic: () => 0, after: () => ({ cancel() {} }) }, () => 0.4999)
  let last = ''
  // Past several carries from each byte of the counter into the next.
  for (let count = 0; count < 200_000; count++) {
    if (count % 1_000 === 999) now += count % 3_000 === 999 ? -5 : 3
    const id = count % 2 === 0 ? make() : make(now)
    expect(id > last, `${id} after ${last}`).toBe(true)
    last = id
    if (count % 5_000 !== 0) continue
    expect(id).toMatch(form)
    expect(timeOf(id)).toBeGreaterThanOrEqual(now)
    expect(timeOf(id) - now).toBeLessThan(10)
  }
})
