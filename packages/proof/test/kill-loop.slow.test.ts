/** 200 rounds of kill -9, or as many as BUSBAR_KILL_ROUNDS says. */

import { expect, it } from 'vitest'
import { textOf } from '../src/index.js'
import { killLoop } from './kill-loop.js'

const seed = Number(process.env.BUSBAR_KILL_SEED ?? 1)
const rounds = Number(process.env.BUSBAR_KILL_ROUNDS ?? 200)

it(`F44 F45 F51 Q1 Q2 Q4 Q5 S1 S2 S3 D1 ${rounds} kills of a durable hub lose nothing that was receipted`, async () => {
  const { report, killedStarts, exitCode } = await killLoop({ rounds, seed })
  expect(report.findings, textOf(report)).toEqual([])
  expect(report.figures.kills).toBe(rounds)
  expect(killedStarts).toBeGreaterThan(0)
  expect(exitCode).toBe(0)
}, 1_800_000)
