/** Histories in memory and in files, and what a million events cost. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { check, fileHistory, memoryHistory, readHistory } from '../src/index.js'

const ticking = () => {
  let now = 0
  return { monotonic: () => now++ }
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-proof-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'history.jsonl')
}

it('a file gives back what was written, as often as it is read', () => {
  const history = fileHistory(scratch(), ticking())
  for (let n = 0; n < 10_000; n++) history.write('c', { op: 'lost', n })
  history.write('ü', { op: 'link', state: '↯' })
  history.close()
  const events = readHistory(history.path)
  expect([...events]).toHaveLength(10_001)
  expect([...events].at(-1)).toEqual({ at: 10_000, process: 'ü', op: 'link', state: '↯' })
  history.write('c', { op: 'lost', n: 1 })
  expect([...events]).toHaveLength(10_001)
})

it('memory keeps the order of writing', () => {
  const history = memoryHistory(ticking())
  history.write('c', { op: 'lost', n: 1 })
  history.write('d', { op: 'lost', n: 2 })
  expect(history.events.map(({ at, process }) => [at, process])).toEqual([
    [0, 'c'],
    [1, 'd'],
  ])
})

it('a million events of a file are judged', () => {
  const history = fileHistory(scratch(), ticking())
  const topic = 't'
  const facts = { tracked: true, ordered: true, durable: true, attempts: 5, leaseMs: 1e9, dedupeMs: 1e9 }
  history.write('h', { op: 'topic', topic, kind: 'queue', ...facts })
  const messages = 250_000
  for (let n = 0; n < messages; n++) {
    const id = `#${n}`
    const key = `k${n % 100}`
    history.write('p', { op: 'publish', type: 'invoke', topic, id, value: `p-${n}`, hash: n, key })
    history.write('p', { op: 'publish', type: 'ok', topic, id, level: 'durable' })
    history.write('c', { op: 'deliver', topic, n, id, value: `p-${n}`, hash: n, attempt: 1 })
    history.write('c', { op: 'settle', n, outcome: 'done' })
  }
  history.write('h', { op: 'drained', topic })
  history.close()
  const { ok, figures } = check(readHistory(history.path))
  expect(ok).toBe(true)
  expect(figures).toMatchObject({ events: 1_000_002, acked: messages, delivered: messages })
})
