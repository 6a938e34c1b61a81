/** kill -9 in a loop of a process that counts messages of a durable queue in an inbox: each is counted once. */

import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { seeded } from './history.js'
import { scratch } from './opened.js'

const child = fileURLToPath(new URL('./children/counting-worker.mjs', import.meta.url))
const fresh = scratch()
const total = 1_500

interface Line {
  readonly sent?: number
  readonly handled?: number
  readonly duplicate?: boolean
  readonly count?: number
  readonly odd?: readonly (readonly number[])[]
  readonly received?: number
  readonly dead?: number
}

/** Runs one process; kills it after so many lines, unless it dies by itself. */
function life(args: readonly string[], lines: number, onLine: (line: Line) => void): Promise<unknown> {
  const process_ = spawn(process.execPath, [child, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void process_.kill('SIGKILL'))
  let errors = ''
  process_.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  let left = lines
  createInterface(process_.stdout).on('line', (text) => {
    onLine(JSON.parse(text))
    left -= 1
    if (left === 0) process_.kill('SIGKILL')
  })
  return new Promise((resolve) =>
    process_.once('close', (code, signal) => resolve(signal ?? (code || errors))),
  )
}

it('F44 F58 D1 a counter of an inbox is the number of messages sent, over 20 times kill -9', async () => {
  const dir = fresh()
  mkdirSync(dir, { recursive: true })
  const random = seeded(7)
  let sent = 0
  let duplicates = 0
  let last: Line = {}
  const onLine = (line: Line): void => {
    if (line.sent !== undefined) sent = line.sent + 1
    if (line.duplicate) duplicates += 1
    if (line.count !== undefined) last = line
  }
  for (let round = 0; round < 20; round += 1) {
    const dies = ['never', 'effect', 'handled'][round % 3] ?? 'never'
    const after = 1 + Math.floor(random() * 40)
    const lines = dies === 'never' ? after : Number.POSITIVE_INFINITY
    expect(await life([dir, String(sent), String(total), dies, String(after)], lines, onLine)).toBe('SIGKILL')
  }
  // What was under way had its effect already, now and then: without an inbox it would count twice.
  expect(duplicates).toBeGreaterThan(0)
  expect(sent).toBeLessThan(total)
  await life([dir, String(sent), String(total)], Number.POSITIVE_INFINITY, onLine)
  console.log(`killed 20 times, duplicates ${duplicates}, count ${last.count} of ${total}`)
  expect(last).toEqual({ count: total, odd: [], received: total, dead: 0 })
}, 120_000)
