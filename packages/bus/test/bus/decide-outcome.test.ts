/** The bus decides on retries itself; the engine's own count is only for crashes, so it must not hide a fault here. */

import { expect, test } from 'vitest'
import { backoffMs, failureOf, outcomeOfError, outcomeOfVerdict } from '../../src/bus/decide-outcome.js'

const policy = { attempts: 3, backoff: 'exponential', initialMs: 200, maxMs: 1_000 } as const
const at = (attempt: number, random = 0.5) => ({ attempt, policy, random: () => random })

test('Q4 the last attempt is the one that the policy names, for throws and returned retries alike', () => {
  const retry = { kind: 'retry', afterMs: 7, reason: undefined } as const
  expect(outcomeOfError(new Error('jam'), 'retry', at(2))).toMatchObject({ kind: 'retry', afterMs: 400 })
  expect(outcomeOfError(new Error('jam'), 'retry', at(3))).toMatchObject({
    kind: 'reject',
    reason: 'attempts',
  })
  expect(outcomeOfVerdict(retry, at(2))).toMatchObject({ kind: 'retry', afterMs: 7 })
  expect(outcomeOfVerdict(retry, at(3))).toMatchObject({ kind: 'reject', reason: 'attempts' })
})

test('Q3 delays double up to the cap and are spread by 10 % either way', () => {
  expect([1, 2, 3, 4, 60].map((attempt) => backoffMs(at(attempt)))).toEqual([200, 400, 800, 1_000, 1_000])
  expect(backoffMs(at(1, 0))).toBeCloseTo(180)
  expect(backoffMs(at(1, 1))).toBeCloseTo(220)
  expect(backoffMs({ ...at(9), policy: { ...policy, backoff: 'fixed' } })).toBe(200)
})

test('Q5 what is kept of an error is bounded', () => {
  const { message } = failureOf(new Error('é'.repeat(100_000)))
  expect(new TextEncoder().encode(JSON.stringify({ message })).byteLength).toBeLessThan(4_096)
  expect(failureOf('only text')).toEqual({ message: 'only text' })
})
