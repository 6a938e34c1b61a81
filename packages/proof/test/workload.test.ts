/** The workload over memory, over a hub, and over a hub whose links are cut: clean reports of eventful runs. */

import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { memory, systemClock } from 'busbar'
import { expect, it } from 'vitest'
import { check, memoryHistory, type Report, runWorkload, textOf, workloadTopics } from '../src/index.js'
import { startCutHub } from './cut-hub.js'
import { seeded } from './seeded.js'

const clock = systemClock

function expectClean(report: Report): void {
  expect(report.findings, textOf(report)).toEqual([])
  expect(report.figures.redelivered).toBeGreaterThan(0)
}

it('Q1 Q2 Q4 Q5 E1 E3 E4 S1 S3 D1 nothing is lost, doubled or out of order over memory', async () => {
  const history = memoryHistory(clock)
  const options = { topics: workloadTopics(), clock, random: seeded(1), history }
  const { signal } = new AbortController()
  await runWorkload({ ...options, connect: memory(), messages: 400, signal })
  const report = check(history.events)
  expectClean(report)
  expect(report.figures.acked).toBe(1_600)
})

it('Q1 Q2 Q4 Q5 E1 E3 E4 S1 S3 D1 nor over TCP', async () => {
  const history = memoryHistory(clock)
  await using hub = await createHub({ tcp: { port: 0 } })
  const options = { topics: workloadTopics(), clock, random: seeded(2), history }
  const { signal } = new AbortController()
  await runWorkload({ ...options, connect: tcp({ url: hub.tcpUrl }), messages: 400, signal })
  const report = check(history.events)
  expectClean(report)
  expect(report.figures.acked).toBe(1_600)
})

it('Q2 Q3 D1 F55 F56 F57 F58 nor when all links are cut again and again', async () => {
  const history = memoryHistory(clock)
  const random = seeded(3)
  await using hub = await startCutHub()
  const stop = new AbortController()
  const options = { topics: workloadTopics(), clock, random, history, signal: stop.signal }
  const running = runWorkload({ ...options, connect: hub.connect })
  await hub.cut(10, random, history)
  stop.abort()
  await running
  const report = check(history.events)
  expectClean(report)
  expect(report.figures.claimsLost).toBeGreaterThan(0)
})
