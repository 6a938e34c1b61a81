/** The hub of the demo, killed many times at other moments with each seed, over both wires: nothing may be lost. */

import { expect, test } from 'vitest'
import { fly } from './headless-run.js'

test.each([
  ['1', 'tcp'],
  ['2', 'ws'],
  ['3', 'tcp'],
  ['4', 'ws'],
])(
  'Q1 Q4 S1 D1 F44 F51 the hub is killed eight times, seed %s over %s, and everything adds up',
  async (seed, wire) => {
    const counts = await fly('--split', '--wire', wire, '--seed', seed, '--seconds', '1', '--crashes', '8')
    expect(counts.mismatches).toEqual([])
    expect(counts.hubCrashes).toBe(8)
    expect(counts.bagsCheckedIn).toBe(counts.bagsDelivered + counts.bagsDead)
  },
)
