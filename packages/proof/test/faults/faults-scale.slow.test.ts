/** A million messages that wait: how soon a hub is ready again, and how much memory it takes. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bus, systemClock } from 'busbar'
import { expect } from 'vitest'
import { clientOf, insist } from './client.js'
import { FaultHub } from './fault-hub.js'
import { cleanUp, itNeeds } from './tools.js'
import { faults } from './topics.js'

const { fresh, later } = cleanUp()
const million = 1_000_000
/** With what is around it, 250 bytes in the envelope. */
const filler = 'x'.repeat(210)

/** In MB: what the process has in memory now. */
function residentOf({ pid }: FaultHub): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) / 1000
}

/** Sends up to that many in all, several thousand at a time. */
async function fill(bus: Bus, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 5_000) {
    await Promise.all(Array.from({ length: 5_000 }, (_, i) => bus.send(faults.jobs, { n: n + i, filler })))
  }
}

itNeeds(
  ['procfs'],
  'F49 a million queued messages are there again within ten seconds, and not in memory',
  async () => {
    const hub = new FaultHub({ dir: join(fresh(), 'data') })
    later(() => hub.kill())
    await hub.start()
    const bus = await clientOf(hub)
    later(() => bus.close())
    const figures: { count: number; readyMs: number; residentMb: number }[] = []
    let before = 0
    for (const count of [million / 10, million]) {
      await fill(bus, before, count)
      before = count
      const filledMb = residentOf(hub)
      await hub.kill()
      const begun = systemClock.monotonic()
      await hub.start()
      const readyMs = systemClock.monotonic() - begun
      expect((await insist(() => bus.inspect(faults.jobs))).ready).toBe(count)
      const residentMb = residentOf(hub)
      figures.push({ count, readyMs, residentMb })
      const facts = [`${residentMb.toFixed(0)} MB then`, `${filledMb.toFixed(0)} MB when filled`]
      console.log(`${count} waiting: ready after ${readyMs.toFixed(0)} ms, ${facts.join(', ')}`)
    }
    const [few, many] = figures
    expect(many?.readyMs).toBeLessThan(10_000)
    // Ten times the messages are 225 MB more on disk.
    expect((many?.residentMb ?? 0) - (few?.residentMb ?? 0)).toBeLessThan(150)
    const seen: number[] = []
    const worker = await bus.work(faults.jobs, ({ n }) => void seen.push(n), { concurrency: 64 })
    while (seen.length < 1_000) await new Promise((resolve) => setImmediate(resolve))
    await worker.close()
    expect(seen.slice(0, 1_000)).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
  },
)
