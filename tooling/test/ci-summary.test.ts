/** The count of a CI run hides no failure. */
import { expect, test } from 'vitest'
import { count } from '../ci-summary.mjs'

const report = (numPassedTests: number, numFailedTests: number, success = numFailedTests === 0) => ({
  numPassedTests,
  numFailedTests,
  success,
})

test('reports and steps add up', () => {
  const steps = [
    { name: 'npm test', passed: true },
    { name: 'dead code', passed: false },
  ]
  expect(count([report(3, 0), report(2, 1)], steps)).toEqual({ passed: 6, failed: 2 })
})

test('a report that failed without a failed test is a failure', () => {
  expect(count([report(3, 0, false)], [])).toEqual({ passed: 3, failed: 1 })
})
