/** The count of a CI run hides no failure. */
import { expect, test } from 'vitest'
import { count, failures } from '../ci-summary.mjs'

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

test('failures are told by name, with the first line of why', () => {
  const file = (name: string, status: string, message: string, assertionResults: object[]) => ({
    ...{ name, status, message },
    assertionResults: assertionResults as { fullName: string; status: string }[],
  })
  const testResults = [
    file('a.test.ts', 'failed', '', [
      { fullName: 'it adds', status: 'passed', failureMessages: [] },
      { fullName: 'it divides', status: 'failed', failureMessages: ['Error: by zero\n    at line 1'] },
    ]),
    file('b.test.ts', 'failed', 'no such module\nat all', []),
    file('c.test.ts', 'passed', '', []),
  ]
  expect(failures([{ ...report(1, 1), testResults }])).toEqual([
    'it divides: Error: by zero',
    'b.test.ts: no such module',
  ])
})
