/** The sky as it is folded from the stream, and the tape that plays it again. */
import { expect, test } from 'vitest'
import { createSky, type Point } from '../src/radar/sky.js'
import { playTape } from '../src/radar/tape.js'
import { stillClock } from './still-clock.js'

const point = (flight: string, x = 0): Point => ({ flight, x, y: 0, state: 'approach' })

test('a plane that sends no more points has landed; its trail goes with it', () => {
  const sky = createSky()
  sky.saw(point('KL1', 0.5), 1_000)
  sky.saw(point('KL1', 0.4), 1_100)
  sky.saw(point('LH2'), 1_200)
  expect(sky.blips.get('KL1')?.trail).toEqual([[0.5, 0]])
  sky.saw(point('LH2'), 2_400)
  expect([...sky.blips.keys()]).toEqual(['LH2'])
})

test('when the stream falls silent the planes stay where they were', () => {
  const sky = createSky()
  sky.saw(point('KL1'), 1_000)
  expect(sky.time).toBe(1_000)
  expect([...sky.blips.keys()]).toEqual(['KL1'])
})

async function* recorded(times: readonly number[], read: number[]) {
  for (const time of times) {
    read.push(time)
    yield { value: time, ctx: { time } }
  }
}

test('the tape keeps the distances between records, at its speed, and reads no further than it plays', async () => {
  const clock = stillClock(100_000)
  const [shown, read]: [number[], number[]] = [[], []]
  const records = recorded([40_000, 41_000, 43_000, 99_000], read)
  const options = { from: 40_000, speed: 2, clock, signal: new AbortController().signal, at: () => undefined }
  const played = playTape(records, { ...options, show: (value) => shown.push(value) })
  await clock.pass(450)
  expect(shown).toEqual([40_000])
  expect(read).toEqual([40_000, 41_000])
  await clock.pass(150)
  expect(shown).toEqual([40_000, 41_000])
  await clock.pass(1_000)
  expect(shown).toEqual([40_000, 41_000, 43_000])
  await clock.pass(60_000)
  await played
})

test('blank tape before the first record is skipped', async () => {
  const clock = stillClock(100_000)
  const shown: number[] = []
  const options = { from: 10_000, speed: 2, clock, signal: new AbortController().signal, at: () => undefined }
  void playTape(recorded([90_000, 99_000], []), { ...options, show: (value) => shown.push(value) })
  await clock.pass(0)
  expect(shown).toEqual([90_000])
})

test('the tape ends when it has caught up with the present', async () => {
  const clock = stillClock(100_000)
  const shown: number[] = []
  const options = { from: 90_000, speed: 3, clock, signal: new AbortController().signal, at: () => undefined }
  const times = Array.from({ length: 400 }, (_, index) => 90_000 + index * 100)
  let ended = false
  const played = playTape(recorded(times, []), { ...options, show: (value) => shown.push(value) })
  void played.then(() => {
    ended = true
  })
  await clock.pass(4_500)
  expect(ended).toBe(false)
  await clock.pass(600)
  expect(ended).toBe(true)
  expect(shown.at(-1)).toBeLessThanOrEqual(clock.now())
})

test('an aborted tape ends at its next turn', async () => {
  const clock = stillClock(100_000)
  const stop = new AbortController()
  const options = { from: 90_000, speed: 3, clock, signal: stop.signal, at: () => undefined }
  const played = playTape(recorded([90_000, 95_000], []), { ...options, show: () => undefined })
  await clock.pass(100)
  stop.abort()
  await clock.pass(100)
  await played
})
