/** Histories of a hub that keeps its promises pass, whatever happens in them; with one message cut out they do not. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { check, type HistoryEvent, textOf } from '../src/index.js'
import { type Step, ValidQueue } from './valid-queue.js'
import { type StreamStep, ValidStream } from './valid-stream.js'

const pick = fc.nat(1_000)
const stepOf = <D extends string>(...weighted: readonly (readonly [weight: number, what: D])[]) =>
  fc.oneof(
    ...weighted.map(([weight, what]) => ({
      weight,
      arbitrary: fc.record({ do: fc.constant(what), pick }),
    })),
  )

const queueSteps: fc.Arbitrary<Step[]> = fc.array(
  stepOf(
    [30, 'publish'],
    [6, 'lose-receipt'],
    [2, 'refuse'],
    [30, 'deliver'],
    [25, 'done'],
    [8, 'retry'],
    [4, 'reject'],
    [4, 'confirm'],
    [3, 'kill'],
    [3, 'cut'],
    [2, 'redrive'],
  ),
  { maxLength: 150, size: 'max' },
)

const streamSteps: fc.Arbitrary<StreamStep[]> = fc.array(
  stepOf([30, 'append'], [6, 'lose-receipt'], [25, 'follow'], [25, 'read'], [5, 'confirm'], [3, 'kill']),
  { maxLength: 150, size: 'max' },
)

function expectValid(events: readonly HistoryEvent[]): void {
  const report = check(events)
  expect(report.findings, textOf(report)).toEqual([])
}

it('Q1 Q2 Q4 Q5 D1 every history of a queue that keeps its promises passes', () => {
  fc.assert(
    fc.property(fc.boolean(), queueSteps, (ordered, steps) => {
      const queue = new ValidQueue(ordered)
      for (const step of steps) queue.step(step)
      expectValid(queue.finish().events)
    }),
    { numRuns: 300 },
  )
})

it('S1 S2 S3 every history of a stream that keeps its promises passes', () => {
  fc.assert(
    fc.property(streamSteps, (steps) => {
      const stream = new ValidStream()
      for (const step of steps) stream.step(step)
      expectValid(stream.finish().events)
    }),
    { numRuns: 300 },
  )
})

it('Q1 without what was done with one receipted message, the same history is refused', () => {
  fc.assert(
    fc.property(fc.boolean(), queueSteps, pick, (ordered, steps, which) => {
      const queue = new ValidQueue(ordered)
      for (const step of steps) queue.step(step)
      const { events } = queue.finish()
      const { promised } = queue
      if (promised.length === 0) return
      const id = `#${promised[which % promised.length]}`
      const gone = new Set(
        events.flatMap((event) => (event.op === 'deliver' && event.id === id ? [event.n] : [])),
      )
      const report = check(
        events.filter((event) => {
          if (event.op === 'deliver' || event.op === 'settle' || event.op === 'lost')
            return !gone.has(event.n)
          return event.op !== 'dead' || event.id !== id
        }),
      )
      expect(report.broken.lost, textOf(report)).toBe(1)
    }),
    { numRuns: 200 },
  )
})
