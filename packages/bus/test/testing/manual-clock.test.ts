/** The clock of the tests must be right itself. */

import { expect, test } from 'vitest'
import { ManualClock } from '../../src/testing/manual-clock.js'

test('timers run at their time, in order, also those set by timers', () => {
  const clock = new ManualClock(1_000)
  const ran: string[] = []
  const note = (name: string) => () => void ran.push(`${name} ${clock.monotonic()} ${clock.now()}`)
  clock.after(20, note('b'))
  clock.after(10, () => {
    note('a')()
    clock.after(5, note('nested'))
    clock.after(100, note('later'))
  })
  clock.after(20, note('c'))
  clock.after(15, note('never')).cancel()
  clock.advance(50)
  expect(ran).toEqual(['a 10 1010', 'nested 15 1015', 'b 20 1020', 'c 20 1020'])
  expect(clock.monotonic()).toBe(50)
  expect(clock.timers).toBe(1)
})

test('pass lets promises go on between timers', async () => {
  const clock = new ManualClock()
  const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve))
  const seen: number[] = []
  const run = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) {
      await wait(10)
      seen.push(clock.monotonic())
    }
  }
  const running = run()
  await clock.pass(30)
  await running
  expect(seen).toEqual([10, 20, 30])
})

test('a jump moves the wall time only', () => {
  const clock = new ManualClock(1_000)
  clock.advance(5)
  clock.jump(-500)
  expect([clock.now(), clock.monotonic()]).toEqual([505, 5])
})
