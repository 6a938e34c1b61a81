/** Adds up the test reports and the steps of a CI run and ends with one line of counts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @typedef {{ fullName: string, status: string, failureMessages?: string[] }} Case */
/** @typedef {{ name: string, status: string, message: string, assertionResults: Case[] }} File */
/** @typedef {{ numPassedTests: number, numFailedTests: number, success: boolean, testResults?: File[] }} Report */
/** @typedef {{ name: string, passed: boolean }} Step */

/**
 * A report that failed without a failed test (a file that did not load) counts as one failure,
 * and so does a failed step that no report explains.
 * @param {Report[]} reports
 * @param {Step[]} steps
 */
export function count(reports, steps) {
  let passed = 0
  let failed = 0
  for (const report of reports) {
    passed += report.numPassedTests
    failed += report.success ? report.numFailedTests : Math.max(1, report.numFailedTests)
  }
  for (const step of steps) {
    if (step.passed) passed += 1
    else failed += 1
  }
  return { passed, failed }
}

/**
 * What failed and the first line of why, one line each: who reads a long log from its end sees it.
 * @param {Report[]} reports
 */
export function failures(reports) {
  /** @param {string | undefined} text */
  const firstLine = (text) => (text ?? '').split('\n')[0]?.slice(0, 300) ?? ''
  return reports.flatMap(({ testResults = [] }) =>
    testResults.flatMap(({ name, status, message, assertionResults }) => {
      const cases = assertionResults.filter((one) => one.status === 'failed')
      if (cases.length === 0) return status === 'failed' ? [`${name}: ${firstLine(message)}`] : []
      return cases.map((one) => `${one.fullName}: ${firstLine(one.failureMessages?.[0])}`)
    }),
  )
}

/** @param {string} folder */
export function readRun(folder) {
  const names = existsSync(folder) ? readdirSync(folder) : []
  /** @type {Report[]} */
  const reports = names
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
  const lines = names.includes('steps') ? readFileSync(join(folder, 'steps'), 'utf8').trim().split('\n') : []
  const steps = lines
    .filter(Boolean)
    .map((line) => ({ name: line.slice(5), passed: line.startsWith('pass ') }))
  return { reports, steps }
}

const folder = process.argv[2]
if (process.argv[1] === fileURLToPath(import.meta.url) && folder !== undefined) {
  const { reports, steps } = readRun(folder)
  for (const failure of failures(reports)) console.log(`failed: ${failure}`)
  for (const { name, passed } of steps) console.log(`${passed ? 'pass' : 'FAIL'} ${name}`)
  const { passed, failed } = count(reports, steps)
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0 || passed === 0) process.exitCode = 1
}
