/** What a receipt is worth: it comes after the sync, and never after a sync that failed. */

import { join } from 'node:path'
import { systemClock } from 'busbar'
import { expect } from 'vitest'
import { textOf } from '../../src/index.js'
import { clientOf, watched } from './client.js'
import { FaultHub } from './fault-hub.js'
import { attach } from './strace.js'
import { cleanUp, itNeeds } from './tools.js'
import { faults } from './topics.js'
import { pause, underWorkload } from './workload.js'

const { fresh, later } = cleanUp()
const delayMs = 300

async function startHub(): Promise<FaultHub> {
  const hub = new FaultHub({ dir: join(fresh(), 'data') })
  await hub.start()
  later(() => hub.kill())
  return hub
}

itNeeds(['strace'], 'F44 a durable receipt waits for a slow sync, and nothing else does', async () => {
  const hub = await startHub()
  await using bus = await clientOf(hub)
  await using bystander = await clientOf(hub, 'bystander')
  await bystander.reply(faults.echo, (value) => value)
  await bus.send(faults.jobs, { n: 0 })
  const slow = await attach(hub.pid, { calls: 'fdatasync,fsync', what: `delay_enter=${delayMs * 1000}` })
  for (let n = 1; n <= 5; n++) {
    const begun = systemClock.monotonic()
    const durable = watched(bus.send(faults.jobs, { n }))
    expect((await bus.publish(faults.passing, { n })).level).toBe('accepted')
    await bus.request(faults.echo, { n })
    expect(durable.isSettled).toBe(false)
    expect(systemClock.monotonic() - begun).toBeLessThan(1000)
    expect((await durable.promise).level).toBe('durable')
    expect(systemClock.monotonic() - begun).toBeGreaterThanOrEqual(delayMs)
  }
  await slow.detach()
})

itNeeds(
  ['strace'],
  'F44 after a failed sync nothing is receipted, and the hub ends with 74 and one line',
  async () => {
    const hub = await startHub()
    await using patient = await clientOf(hub)
    const impatient = await clientOf(hub)
    // Of a topic that is yet to be declared nothing would be under way.
    await impatient.declare(faults)
    for (let n = 0; n < 10; n++) await patient.send(faults.jobs, { n })
    await attach(hub.pid, { calls: 'fdatasync,fsync', what: 'error=EIO' })
    const waiting = [10, 11, 12].map((n) => watched(patient.send(faults.jobs, { n })))
    const given = watched(impatient.send(faults.jobs, { n: 13 }))
    expect(await hub.exit).toEqual({ code: 74, signal: null })
    expect(hub.lines).toEqual([expect.stringMatching(/^busbar-hub: STORE_FAILED: The disk failed at .*EIO/)])
    expect(hub.events.filter((event) => event === 'store-failed').length).toBe(1)
    expect([...waiting, given].some(({ isSettled }) => isSettled)).toBe(false)
    await impatient.close()
    await expect(given.promise).rejects.toMatchObject({
      code: expect.stringMatching(/^(STORE_FAILED|DISCONNECTED|CLOSED)$/),
      outcome: 'unknown',
    })
    await hub.start()
    for (const { promise } of waiting) expect((await promise).level).toBe('durable')
    const seen = new Map<number, number>()
    const { received, ready } = await patient.inspect(faults.jobs)
    expect(ready).toBe(received)
    await using _worker = await patient.work(faults.jobs, ({ n }) => void seen.set(n, (seen.get(n) ?? 0) + 1))
    while ((await patient.inspect(faults.jobs)).done < received) await pause(10)
    // Of the publish that was given up there is one or none.
    seen.delete(13)
    expect([...seen.entries()]).toEqual(Array.from({ length: 13 }, (_, n) => [n, 1]))
  },
)

itNeeds(
  ['strace'],
  'F44 Q1 a sync that fails under the workload loses nothing that was receipted',
  async () => {
    const folder = fresh()
    const hub = await startHub()
    const report = await underWorkload({
      url: hub.url,
      folder,
      seed: 44,
      async during(tell) {
        for (let round = 0; round < 3; round++) {
          await pause(500)
          tell('kill', 'begin')
          await attach(hub.pid, { calls: 'fdatasync', what: 'error=EIO' })
          expect((await hub.exit).code).toBe(74)
          await hub.start()
          tell('kill', 'end')
        }
      },
    })
    expect(report.figures.kills).toBe(3)
    console.log(`failed syncs: ${textOf(report)}`)
  },
)
