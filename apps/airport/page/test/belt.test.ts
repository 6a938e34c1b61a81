/** What the belt makes of the events it hears. */
import { expect, test } from 'vitest'
import { addsUp, createBelt } from '../src/belt/state.js'
import { createNotices } from '../src/notices/state.js'
import { stillClock } from './still-clock.js'

const onTheBelt = () => {
  const clock = stillClock()
  const notices = createNotices(clock)
  return { clock, notices, belt: createBelt(notices, clock) }
}
const bag = { tag: 'KL101-1', worker: 'baggage-1', attempt: 1 } as const
const counts = {
  ...{ received: 0, ready: 0, delayed: 0, leased: 0, done: 0, dead: 0, purged: 0 },
  consumers: 3,
}

test('a bag rides until its fate is known, stays a little, and leaves', async () => {
  const { clock, belt } = onTheBelt()
  belt.saw({ ...bag, state: 'moving' })
  await clock.pass(10_000)
  belt.clear(() => true)
  expect(belt.riding.value.map(({ state }) => state)).toEqual(['moving'])
  belt.saw({ ...bag, state: 'jammed' })
  belt.clear(() => true)
  expect(belt.riding.value.map(({ state }) => state)).toEqual(['jammed'])
  await clock.pass(2_000)
  belt.clear(() => true)
  expect(belt.riding.value).toEqual([])
})

test('what a stopped worker had in its hands leaves the belt at once', () => {
  const { belt } = onTheBelt()
  belt.saw({ ...bag, state: 'moving' })
  belt.saw({ ...bag, tag: 'KL101-2', worker: 'baggage-2', state: 'moving' })
  belt.clear((worker) => worker === 'baggage-2')
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

test('a queue without consumers is said to have no workers, once', () => {
  const { belt, notices } = onTheBelt()
  belt.counted(counts)
  expect(belt.unattended.value).toBe(false)
  belt.counted({ ...counts, ready: 4, consumers: 0 })
  expect(belt.unattended.value).toBe(true)
  expect(notices.spoken.value).toContain('No workers')
  notices.speak('')
  belt.counted({ ...counts, ready: 9, consumers: 0 })
  expect(notices.spoken.value).toBe('')
  expect(belt.history.value).toEqual([0, 4, 9])
})

test('Q1 the counts add up when each bag is in one place, and not when one is nowhere', () => {
  const some = { ...counts, received: 9, ready: 1, leased: 2, delayed: 1, done: 3, dead: 1, purged: 1 }
  expect(addsUp(some)).toBe(true)
  expect(addsUp({ ...some, received: 10 })).toBe(false)
})
