/** Which delay queue a delay goes to. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEarly, maxDelayMs, stepOf } from '../src/delays.js'

const delays = fc.integer({ min: 1, max: maxDelayMs })

describe('steps of delays', () => {
  test('Q3 a retry is never early, and late by a sixteenth at most', () => {
    fc.assert(
      fc.property(delays, (delay) => {
        const step = stepOf(delay, true)
        expect(step).toBeGreaterThanOrEqual(delay)
        expect(step - delay).toBeLessThanOrEqual(Math.max(16, delay / 16))
      }),
    )
  })

  test('Q3 a delay that a user asked for ends within 16 ms, in a few steps', () => {
    fc.assert(
      fc.property(delays, (delay) => {
        let left = delay
        let steps = 0
        do {
          left -= stepOf(left, false)
          steps += 1
        } while (isEarly(left))
        expect(left).toBeGreaterThanOrEqual(-16)
        expect(steps).toBeLessThanOrEqual(8)
      }),
    )
  })

  test('delays of nearly one length share a queue: 16 for each doubling', () => {
    const steps = new Set(Array.from({ length: 1_024 }, (_, at) => stepOf(1_024 + at, true)))
    expect(steps.size).toBe(17)
  })
})
