/** A few rounds of kill -9 in the everyday run. */

import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { textOf } from '../src/index.js'
import { killLoop } from './kill-loop.js'

it('F44 F45 F51 Q1 Q2 Q4 Q5 S1 S2 S3 D1 a few kills of a durable hub lose nothing that was receipted', async () => {
  const { report, exitCode } = await killLoop({ rounds: 5, seed: 1 })
  expect(report.findings, textOf(report)).toEqual([])
  expect(report.figures.kills).toBe(5)
  expect(report.figures.acked).toBeGreaterThan(0)
  expect(exitCode).toBe(0)
}, 120_000)

/** Takes the last part of what every topic has on disk, as a receipt before the sync would. */
function loseTails(dir: string): void {
  const channels = join(dir, 'channels')
  for (const channel of readdirSync(channels)) {
    const segment = readdirSync(join(channels, channel))
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1)
    if (segment === undefined) continue
    const path = join(channels, channel, segment)
    truncateSync(path, Math.floor(statSync(path).size / 2))
  }
}

// What was handled before nobody misses, but the counts do. A reader of the stream would wait for its place for ever.
it('a store that loses what it had receipted turns the loop red', async () => {
  const { report } = await killLoop({ rounds: 3, seed: 2, spoil: loseTails, leaveOut: ['log'] })
  expect(Object.keys(report.broken), textOf(report)).toContain('conservation')
}, 120_000)
