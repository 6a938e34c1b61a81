/** The workload while something is done to its hub, and the verdict on what is left. */

import { join } from 'node:path'
import { tcp } from '@busbar/tcp'
import { systemClock } from 'busbar'
import { expect } from 'vitest'
import type { Fault } from '../../src/history/event.js'
import { check, fileHistory, type Report, readHistory, runWorkload, textOf } from '../../src/index.js'
import { workloadTopics } from '../../src/workload/topics.js'
import { seeded } from '../seeded.js'

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => void systemClock.after(ms, resolve, { keepAlive: true }))

export interface Troubled {
  readonly url: string
  /** Where the history is written. */
  readonly folder: string
  readonly seed: number
  readonly leaseMs?: number
  /** Resolves when everything is well again. */
  readonly during: (tell: (fault: Fault['fault'], type: Fault['type']) => void) => Promise<void>
}

/** Runs the workload until `during` resolves, then to its end, and expects the checker to find nothing. */
export async function underWorkload({ url, folder, seed, leaseMs, during }: Troubled): Promise<Report> {
  const history = fileHistory(join(folder, 'history.jsonl'), systemClock)
  const stop = new AbortController()
  const running = runWorkload({
    connect: tcp({ url, connectTimeoutMs: 60_000 }),
    topics: workloadTopics({ durable: true, ...(leaseMs !== undefined && { leaseMs }) }),
    clock: systemClock,
    random: seeded(seed),
    history,
    patience: 0.05,
    signal: stop.signal,
  })
  const troubling = during((fault, type) => history.write('nemesis', { op: 'fault', type, fault }))
  await Promise.all([running, troubling.finally(() => stop.abort())])
  history.close()
  const report = check(readHistory(history.path))
  expect(report.findings, textOf(report)).toEqual([])
  expect(report.figures.acked).toBeGreaterThan(0)
  return report
}
