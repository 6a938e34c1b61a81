/** Every promise and every fault that this repository can show has a test whose name begins with its code. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sourceFiles } from '../source-files.mjs'

/** `3-5` stands for 3, 4 and 5. */
const codes = (letter: string, ...ranges: readonly string[]): string[] =>
  ranges.flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`)
  })

/** Promises about events, queues, requests, streams, pairs, dedupe windows and contracts. */
const promises = [
  ...codes('E', '1-4'),
  ...codes('Q', '1-5'),
  ...codes('R', '1-3'),
  ...codes('S', '1-3'),
  ...codes('X', '1'),
  ...codes('D', '1'),
  ...codes('C', '1-6'),
]
const faults = codes('F', '1-89')

/** What cannot be shown yet, and what it waits for. */
const waiting: Readonly<Record<string, string>> = {
  F10: 'payloads are JSON: there is no codec with counted lengths',
  F21: 'the hub knows static tokens only, no signed ones',
  F23: 'the hub has no TLS',
  F24: 'principals have no grants: who may connect may use every topic outside the reserved namespace',
  F25: 'principals have no grants that name them',
  F26: 'principals have no grants',
  F73: 'the hub serves no pages and no admin routes',
  F75: 'the hub serves no pages and no admin routes',
  F76: 'the hub serves no pages and no admin routes',
  F78: 'the hub serves no pages and has no login',
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const isTest = (path: string): boolean =>
  /^(packages|apps)\/.*\/test\/.*\.test\.ts$/.test(path) ||
  /^packages\/conformance\/src\/chapters\//.test(path)

/** The codes that stand at the beginning of a name: after the quote that opens a string, each followed by a space. */
function codesIn(source: string): string[] {
  return [...source.matchAll(/['"`]((?:[A-Z]\d{1,2} )+)/g)].flatMap(([, run = '']) => run.trim().split(' '))
}

const tested = new Set(
  sourceFiles(root, isTest).flatMap((path) => codesIn(readFileSync(`${root}${path}`, 'utf8'))),
)

test('codes are found at the beginning of names only', () => {
  expect(codesIn(`it('F1 F22 one', x); it.each([["Q3 two"]])(\`R1 $1\`); // 'F9' F8 'see F7 there'`)).toEqual(
    ['F1', 'F22', 'Q3', 'R1'],
  )
})

test('every promise has a test', () => {
  expect(promises.filter((code) => !tested.has(code))).toEqual([])
})

test('every fault has a test or a reason why not', () => {
  expect(faults.filter((code) => !tested.has(code) && waiting[code] === undefined)).toEqual([])
})

test('what has a test waits for nothing', () => {
  expect(Object.keys(waiting).filter((code) => tested.has(code) || !faults.includes(code))).toEqual([])
})

test('no test names a code that does not exist', () => {
  const known = new Set([...promises, ...faults])
  expect([...tested].filter((code) => /^[CDEFQRSX]\d/.test(code) && !known.has(code))).toEqual([])
})
