/** What the belt makes of the events it hears. */
import { signal } from '@preact/signals'
import { expect, test } from 'vitest'
import { addsUp, createBelt } from '../src/belt/state.js'
import { createNotices } from '../src/notices/state.js'
import { stillClock } from './still-clock.js'

const onTheBelt = () => {
  const clock = stillClock()
  const notices = createNotices(clock)
  const crew = signal(
    [1, 2].map((number) => ({ name: `baggage-${number}`, service: 'baggage', running: true })),
  )
  const isRunning = (name: string) => crew.value.find((worker) => worker.name === name)?.running ?? true
  const turn = (on: boolean, ...names: readonly string[]) => {
    crew.value = crew.value.map((worker) =>
      names.includes(worker.name) ? { ...worker, running: on } : worker,
    )
  }
  return { clock, notices, turn, belt: createBelt(notices, clock, { crew, isRunning }) }
}
const bag = { tag: 'KL101-1', worker: 'baggage-1', attempt: 1 } as const
const counts = { received: 0, ready: 0, delayed: 0, leased: 0, done: 0, dead: 0, purged: 0 }

test('a bag rides until its fate is known, stays a little, and leaves', async () => {
  const { clock, belt } = onTheBelt()
  belt.saw({ ...bag, state: 'moving' })
  await clock.pass(10_000)
  belt.clear()
  expect(belt.riding.value.map(({ state }) => state)).toEqual(['moving'])
  belt.saw({ ...bag, state: 'jammed' })
  belt.clear()
  expect(belt.riding.value.map(({ state }) => state)).toEqual(['jammed'])
  await clock.pass(2_000)
  belt.clear()
  expect(belt.riding.value).toEqual([])
})

test('what a stopped worker had in its hands leaves the belt at once', () => {
  const { belt, turn } = onTheBelt()
  belt.saw({ ...bag, state: 'moving' })
  belt.saw({ ...bag, tag: 'KL101-2', worker: 'baggage-2', state: 'moving' })
  turn(false, 'baggage-1')
  belt.clear()
  expect(belt.riding.value.map(({ tag }) => tag)).toEqual(['KL101-2'])
})

test('the second try of a bag is another ride than the first', () => {
  const { belt } = onTheBelt()
  belt.saw({ ...bag, state: 'moving' })
  belt.saw({ ...bag, state: 'jammed' })
  belt.saw({ ...bag, attempt: 2, state: 'moving' })
  belt.saw({ ...bag, attempt: 2, state: 'delivered' })
  expect(belt.riding.value.map(({ attempt, state }) => [attempt, state])).toEqual([
    [1, 'jammed'],
    [2, 'delivered'],
  ])
})

test('a belt whose last worker stops is said to have none, whether its wire counts or not', () => {
  const { belt, notices, turn } = onTheBelt()
  turn(false, 'baggage-1')
  expect([belt.unattended.value, notices.spoken.value]).toEqual([false, ''])
  turn(false, 'baggage-2')
  expect([belt.unattended.value, belt.counts.value]).toEqual([true, undefined])
  expect(notices.spoken.value).toContain('No workers')
  turn(true, 'baggage-1')
  expect(belt.unattended.value).toBe(false)
  expect(notices.spoken.value).toBe('The belt is attended')
})

test('counts are kept as they come, and a wire without them is not one that has not answered', () => {
  const { belt } = onTheBelt()
  expect(belt.uncounted.value).toBe(false)
  for (const ready of [0, 4, 9]) belt.counted({ ...counts, ready })
  expect(belt.history.value).toEqual([0, 4, 9])
  belt.counted(undefined)
  expect([belt.uncounted.value, belt.counts.value]).toEqual([true, undefined])
})

test('Q1 the counts add up when each bag is in one place, and not when one is nowhere', () => {
  const some = { ...counts, received: 9, ready: 1, leased: 2, delayed: 1, done: 3, dead: 1, purged: 1 }
  expect(addsUp(some)).toBe(true)
  expect(addsUp({ ...some, received: 10 })).toBe(false)
})
