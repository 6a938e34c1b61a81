/** kill -9 in a loop: a durable hub dies at random moments, also while it recovers, and the workload goes on. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcp } from '@busbar/tcp'
import { systemClock } from 'busbar'
import {
  check,
  fileHistory,
  type Report,
  readHistory,
  runWorkload,
  textOf,
  type WorkloadOptions,
  workloadTopics,
} from '../src/index.js'
import { HubProcess } from './hub-process.js'
import { type WatchedHistory, watched } from './receipts.js'
import { seeded } from './seeded.js'

const clock = systemClock
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => void clock.after(ms, resolve, { keepAlive: true }))

export interface KillLoop {
  readonly report: Report
  /** Ends of the hub while it was starting. */
  readonly killedStarts: number
  readonly exitCode: number | null
}

export interface KillLoopOptions {
  readonly rounds: number
  readonly seed: number
  /** Called with the hub's directory while the hub is dead: to show that the loop sees what is broken. */
  readonly spoil?: (dir: string) => void
  readonly leaveOut?: WorkloadOptions['leaveOut']
}

/** Runs the rounds and judges them. The history stays on disk when the report is not clean and should be. */
export async function killLoop(options: KillLoopOptions): Promise<KillLoop> {
  const { rounds, seed, spoil, leaveOut = [] } = options
  const folder = mkdtempSync(join(tmpdir(), 'busbar-kill-'))
  const file = fileHistory(join(folder, 'history.jsonl'), clock)
  const history = watched(file)
  const dir = join(folder, 'data')
  const hub = new HubProcess(dir)
  await hub.start()
  const random = seeded(seed)
  const stop = new AbortController()
  const running = runWorkload({
    connect: tcp({ url: hub.url, connectTimeoutMs: 30_000 }),
    topics: workloadTopics({ durable: true }),
    clock,
    random,
    history,
    patience: 0.05,
    leaveOut,
    signal: stop.signal,
  })
  let killedStarts = 0
  const killing = async (): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      killedStarts += await killOnce(hub, random, history, () => spoil?.(dir))
    }
    stop.abort()
  }
  await Promise.all([running, killing()])
  const exitCode = await hub.stop()
  file.close()
  const report = check(readHistory(file.path))
  const line = `kill loop: rounds ${rounds}, killed while starting ${killedStarts}, seed ${seed}; ${textOf(report)}`
  const isExpected = report.ok !== (spoil !== undefined)
  console.log(isExpected ? line : `${line}\n${folder}`)
  if (isExpected) rmSync(folder, { recursive: true })
  return { report, killedStarts, exitCode }
}

/** Gives how often it was killed while it started. */
async function killOnce(
  hub: HubProcess,
  random: () => number,
  history: WatchedHistory,
  dead: () => void,
): Promise<number> {
  // There must be something to lose, however slow the machine is.
  await history.receipts(1 + Math.floor(random() * 40))
  await pause(20 + random() * 480)
  history.write('nemesis', { op: 'fault', type: 'begin', fault: 'kill' })
  await hub.kill()
  let killedStarts = 0
  while (random() < 0.25) {
    const begun = hub.begin()
    begun.catch(() => undefined)
    await pause(random() * 400)
    await hub.kill()
    killedStarts += 1
  }
  dead()
  await hub.start()
  history.write('nemesis', { op: 'fault', type: 'end', fault: 'kill' })
  return killedStarts
}
