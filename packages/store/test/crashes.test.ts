/** Random histories with crashes at any moment: what was durable is found again, the rest is a prefix of what was told. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { History } from './history.js'

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('message'), n: fc.constantFrom(1, 40, 300, 1500, 9000) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('done'), n: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leased'), n: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('note'), n: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), n: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write'), n: fc.constant(0) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('turn'), n: fc.constant(0) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('sync'), n: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle'), n: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'kill', 'close'), n: fc.nat(60) }) },
)

async function run(history: History, { do: what, n }: { do: string; n: number }): Promise<void> {
  if (what === 'message') history.message(n)
  else if (what === 'done') history.done(n)
  else if (what === 'leased') history.leased(n)
  else if (what === 'note') history.note(n === 1)
  else if (what === 'wait') history.wait()
  else if (what === 'write') history.write()
  else if (what === 'turn') await history.turn()
  else if (what === 'sync') await history.sync(n)
  else if (what === 'settle') await history.settle()
  else {
    if (what === 'close') await history.close()
    else history.stop(what === 'crash' ? 'crash' : 'kill')
    // Some starts do not get far themselves.
    for (let operations = n; operations < 40 && !(await history.open(operations)); operations += 15)
      history.stop(operations % 2 === 0 ? 'crash' : 'kill')
    if (history.store === undefined) await history.open()
  }
}

const runs = Number(process.env.BUSBAR_CRASH_RUNS ?? 400)

it(`F44 F45 Q1 S2 keeps what was durable over crashes and interrupted starts, in ${runs} random histories`, async () => {
  let crashes = 0
  let evacuations = 0
  let removed = 0
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 150, size: 'max' }), async (seed, steps) => {
      const history = new History(seed)
      await history.open()
      for (const one of steps) {
        await run(history, one)
        if (one.do === 'crash') crashes++
      }
      await history.settle()
      history.stop('crash')
      await history.open()
      evacuations += history.evacuations
      removed += history.removedSegments
    }),
    { numRuns: runs },
  )
  // The histories are worth something: they reach the rare parts.
  expect(crashes).toBeGreaterThan(runs / 2)
  expect(evacuations).toBeGreaterThan(0)
  expect(removed).toBeGreaterThan(0)
})
