/** What a share session says about what it holds: as few ranges as there can be, and nothing twice. */

import { describe, expect, it } from 'vitest'
import { createHeldRecords } from '../src/share/held.js'

const source = (partition: number) => ({ topic: 't', topicId: 'id', partition })
const accepted = (first: number, last: number) => ({ first, last, verdict: 1 })

describe('records of a share session', () => {
  it('that were accepted are told once, neighbours as one range, in the order of their offsets', () => {
    const held = createHeldRecords({ monotonic: () => 0 })
    const [one, two] = [source(0), source(1)]
    for (const offset of [3, 4, 5, 6, 8, 9]) held.hold(one, offset)
    held.hold(two, 10)
    for (const offset of [9, 4, 3, 6, 8]) held.accept(one, offset)
    held.accept(two, 10)
    expect([held.hasNews, held.count]).toEqual([true, 1])
    expect(held.takeNews()).toEqual([
      { topicId: 'id', partition: 0, acknowledgements: [accepted(3, 4), accepted(6, 6), accepted(8, 9)] },
      { topicId: 'id', partition: 1, acknowledgements: [accepted(10, 10)] },
    ])
    held.accept(one, 3)
    expect([held.hasNews, held.takeNews()]).toEqual([false, []])
  })

  it('that are still in hand are renewed when their claim is old, and forgotten when it is lost', () => {
    let now = 0
    const held = createHeldRecords({ monotonic: () => now })
    const own = source(0)
    held.hold(own, 1)
    now = 5
    held.hold(own, 2)
    now = 10
    expect(held.takeRenewals(10)).toEqual([
      { topicId: 'id', partition: 0, acknowledgements: [{ first: 1, last: 1, verdict: 4 }] },
    ])
    expect(held.takeRenewals(10)).toEqual([])
    held.loseAll()
    held.accept(own, 2)
    expect([held.count, held.hasNews]).toEqual([0, false])
  })
})
