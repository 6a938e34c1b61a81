/** Workers, gates, feed and notices: what they make of what they hear. */
import { expect, test } from 'vitest'
import { createFeed } from '../src/feed/state.js'
import { createGates } from '../src/gates/state.js'
import { createHotline } from '../src/hotline/state.js'
import { createNotices } from '../src/notices/state.js'
import { createWorkers } from '../src/workers/state.js'
import { stillClock } from './still-clock.js'

test('planes that circle are listed, longest first, until they land', () => {
  const gates = createGates()
  gates.circled('KL1', 1)
  gates.circled('LH2', 1)
  gates.circled('LH2', 2)
  expect(gates.holding.value.map(({ flight }) => flight)).toEqual(['LH2', 'KL1'])
  gates.landed('LH2', 'B1')
  expect(gates.holding.value).toEqual([{ flight: 'KL1', round: 1 }])
  expect(gates.gates.value.find(({ name }) => name === 'B1')?.flight).toBe('LH2')
})

test('a paused feed loses nothing that it would still show', async () => {
  const clock = stillClock()
  const feed = createFeed(createNotices(clock), clock)
  const note = (id: string) => feed.note({ id, time: 0, topic: 'airport.row', good: true, what: id })
  note('1')
  await clock.pass(300)
  feed.toggle()
  note('2')
  note('3')
  await clock.pass(300)
  expect(feed.entries.value.map(({ id }) => id)).toEqual(['1'])
  feed.toggle()
  expect(feed.entries.value.map(({ id }) => id)).toEqual(['3', '2', '1'])
  for (let index = 0; index < 100; index += 1) note(String(index))
  await clock.pass(300)
  expect(feed.entries.value).toHaveLength(60)
})

test('the roster tells who stopped, aloud, and who works at the belt', () => {
  const clock = stillClock()
  const notices = createNotices(clock)
  const workers = createWorkers(notices, clock)
  const roster = (running: boolean) => ({
    wire: 'memory',
    workers: [
      { name: 'tower', service: 'tower', running: true },
      { name: 'baggage-1', service: 'baggage', running },
    ],
  })
  workers.told(roster(true))
  expect(notices.spoken.value).toBe('')
  workers.told(roster(false))
  expect(notices.spoken.value).toBe('baggage-1 stopped')
  expect(workers.crew.value.map(({ name }) => name)).toEqual(['baggage-1'])
  expect([workers.isRunning('baggage-1'), workers.isRunning('tower')]).toEqual([false, true])
})

test('the line is busy from the first word to the last, and an intruder does not change that', () => {
  const hotline = createHotline()
  hotline.heard({ from: 'tower', say: 'KL1 to gate A1', state: 'open' })
  hotline.heard({ from: 'intruder', say: 'anybody there?', state: 'refused' })
  expect(hotline.busy.value).toBe(true)
  hotline.heard({ from: 'tower', say: 'over', state: 'closed' })
  expect(hotline.busy.value).toBe(false)
  expect(hotline.lines.value).toHaveLength(2)
})

test('toasts go by themselves, and never pile up', async () => {
  const clock = stillClock()
  const notices = createNotices(clock)
  for (const title of ['1', '2', '3', '4']) notices.toast('bad', title)
  expect(notices.toasts.value.map(({ title }) => title)).toEqual(['3', '4'])
  notices.dismiss(notices.toasts.value[0]?.id ?? 0)
  await clock.pass(4_000)
  notices.toast('good', '5')
  await clock.pass(2_000)
  expect(notices.toasts.value.map(({ title }) => title)).toEqual(['5'])
})
