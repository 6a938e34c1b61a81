/** kill -9 at every kind of system call of a hub, one after the other, from its first ones on into the middle of the work. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { textOf } from '../../src/index.js'
import { clientOf, insist } from './client.js'
import { FaultHub } from './fault-hub.js'
import { straced } from './strace.js'
import { cleanUp, itNeeds } from './tools.js'
import { faults } from './topics.js'
import { pause, underWorkload } from './workload.js'

const { fresh, later } = cleanUp()

interface Point {
  readonly calls: string
  readonly count: number
}

/** The first few of each kind are those of a recovery, and follow each other without a start that succeeds. */
const sweep: readonly (readonly [calls: string, counts: readonly number[]])[] = [
  ['pwrite64', [1, 2, 3, 4, 5, 7, 11, 20, 35, 60, 100, 180]],
  ['fdatasync', [1, 2, 3, 5, 8, 13, 25, 45, 80]],
  ['fsync', [1, 2, 3, 4, 6, 9]],
  ['write', [40, 55, 75, 100, 140, 200]],
  ['writev', [1, 3, 6]],
  ['ftruncate', [1, 2]],
  ['rename', [1, 2]],
  ['openat', [70, 90, 110, 130]],
]
const points: readonly Point[] = sweep.flatMap(([calls, counts]) => counts.map((count) => ({ calls, count })))

/** Small files: they roll, are emptied and removed all the time. */
async function startHub(): Promise<FaultHub> {
  const hub = new FaultHub({ dir: join(fresh(), 'data'), settings: { segmentBytes: 8192 } })
  await hub.start()
  later(() => hub.kill())
  return hub
}

/** Starts the hub to die at that point, or by itself after a while; gives whether it was ready, and what was not done any more. */
async function dieAt(hub: FaultHub, { calls, count }: Point, log: string, ready: () => void) {
  const what = `signal=SIGKILL:when=${count}`
  // One thread for files, so that its calls count together.
  const how = await hub.begin({
    through: straced({ calls, what, log }),
    env: { UV_THREADPOOL_SIZE: '1' },
  })
  if (how === 'ready') {
    ready()
    await Promise.race([hub.exit, pause(1000)])
  }
  expect((await hub.kill()).signal).toBe('SIGKILL')
  return { wasReady: how === 'ready', place: placeOf(readFileSync(log, 'utf8')) }
}

itNeeds(
  ['strace'],
  'F44 F45 Q1 Q2 Q4 Q5 S1 S2 S3 D1 killed at every kind of call, again and again in a recovery, nothing is lost',
  async () => {
    const folder = fresh()
    const hub = await startHub()
    const places = new Map<string, number>()
    let killedStarts = 0
    const report = await underWorkload({
      url: hub.url,
      folder,
      seed: 44,
      async during(tell) {
        tell('kill', 'begin')
        await hub.kill()
        for (const point of points) {
          let isWell = false
          const { wasReady, place } = await dieAt(hub, point, join(folder, 'strace'), () => {
            tell('kill', 'end')
            isWell = true
          })
          if (isWell) tell('kill', 'begin')
          if (!wasReady) killedStarts += 1
          places.set(place, (places.get(place) ?? 0) + 1)
        }
        await hub.start()
        tell('kill', 'end')
      },
    })
    const found = [...places]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([place, times]) => `${place} ${times}`)
    console.log(`killed at: ${found.join(', ')}; while starting ${killedStarts}; ${textOf(report)}`)
    expect(killedStarts).toBeGreaterThan(5)
    for (const place of ['pwrite64 log', 'fdatasync log', 'openat log', 'write socket']) {
      expect(found.join(), place).toContain(place)
    }
  },
)

itNeeds(
  ['strace'],
  'F44 Q1 Q5 killed while old messages move to new files and old files go, they stay',
  async () => {
    const folder = fresh()
    const hub = await startHub()
    const channels = join(hub.dir, 'channels')
    await using bus = await clientOf(hub)
    await using worker = await clientOf(hub)
    const seen = new Map<string, number>()
    await worker.work(faults.forgotten, ({ n }, ctx) => {
      seen.set(ctx.id, (seen.get(ctx.id) ?? 0) + 1)
      return n === 0 ? ctx.reject('on purpose') : undefined
    })
    await bus.send(faults.forgotten, { n: 0, filler: 'dead' })
    await bus.send(faults.forgotten, { n: 1, filler: 'late' }, { delayMs: 3_600_000 })
    const receipted: string[] = []
    const stop = new AbortController()
    const sending = (async () => {
      const filler = 'x'.repeat(1000)
      while (!stop.signal.aborted) {
        const all = [2, 3, 4, 5].map((n) => bus.send(faults.forgotten, { n, filler }))
        for (const { id } of await Promise.all(all)) receipted.push(id)
      }
    })()
    const places: string[] = []
    const kill = async (calls: string, count: number): Promise<void> => {
      await hub.kill()
      places.push((await dieAt(hub, { calls, count }, join(folder, 'strace'), () => {})).place)
    }
    for (const calls of ['unlink', 'pwrite64', 'fdatasync', 'openat']) {
      for (const count of calls === 'openat' ? [80, 100, 120, 140] : [1, 2, 6, 20]) {
        await kill(calls, count)
      }
    }
    // Which file is removed when depends on the machine's speed: until one kill has met a segment.
    while (!places.includes('unlink log')) await kill('unlink', 1)
    await hub.start()
    stop.abort()
    await sending
    const state = () => insist(() => bus.inspect(faults.forgotten))
    while ((await state()).ready + (await state()).leased > 0) await pause(10)
    await worker.close()
    expect(await state()).toMatchObject({ delayed: 1, dead: 1, ready: 0, leased: 0 })
    for (const id of receipted) expect(seen.has(id), id).toBe(true)
    for await (const letter of bus.deadLetters(faults.forgotten)) {
      expect(letter.payload).toEqual({ n: 0, filler: 'dead' })
    }
    const first = readdirSync(channels).flatMap((name) => readdirSync(join(channels, name)))
    console.log(
      `killed at: ${places.sort().join(', ')}; ${receipted.length} sent; files now: ${first.join(' ')}`,
    )
    expect(first).not.toContain('0000000001.log')
  },
)

/** The call that was not made any more, and what kind of file it was for. */
function placeOf(trace: string): string {
  const lines = trace.split('\n').filter((line) => !line.includes('+++') && line.includes('('))
  const last = lines.at(-1) ?? ''
  const call = /^\d*\s*(\w+)\(/.exec(last)?.[1] ?? 'nowhere'
  const kind = /\.log\b/.test(last)
    ? 'log'
    : /socket|TCP/.test(last)
      ? 'socket'
      : /json|lock/.test(last)
        ? 'head'
        : 'other'
  return `${call} ${kind}`
}
