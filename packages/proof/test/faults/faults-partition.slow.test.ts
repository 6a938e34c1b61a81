/** Wires that are unplugged: nobody is told, both ends find out, and what was on its way comes once. */

import { join } from 'node:path'
import { createCuttingProxy } from '@busbar/conformance/proxy'
import { systemClock } from 'busbar'
import { expect, it } from 'vitest'
import { textOf } from '../../src/index.js'
import { clientOf, insist, watched } from './client.js'
import { FaultHub } from './fault-hub.js'
import { createWire, type Wire } from './partition.js'
import { cleanUp, itNeeds } from './tools.js'
import { faults } from './topics.js'
import { pause, underWorkload } from './workload.js'

const { fresh, later } = cleanUp()
const heartbeatMs = 500

/** A hub at the other end of a wire. */
async function startAway(): Promise<{ hub: FaultHub; wire: Wire }> {
  const wire = createWire(process.pid % 4096)
  later(() => wire.remove())
  const hub = new FaultHub({
    dir: join(fresh(), 'data'),
    settings: { host: wire.host, limits: { heartbeatMs } },
    through: wire.through,
  })
  await hub.start()
  later(() => hub.kill())
  return { hub, wire }
}

itNeeds(['netns'], 'F50 an unplugged wire is noticed at both ends within two heartbeats', async () => {
  const { hub, wire } = await startAway()
  await using bus = await clientOf(hub)
  let lostAt = 0
  bus.status.on('state', (state) => {
    if (state === 'reconnecting') lostAt = systemClock.monotonic()
  })
  await bus.send(faults.jobs, { n: 0 })
  await bus.work(faults.brief, () => {})
  const begun = systemClock.monotonic()
  wire.unplug()
  const pending = watched(bus.send(faults.jobs, { n: 1 }))
  while (lostAt === 0 || !hub.said.some((line) => line.includes('heartbeat-missed'))) await pause(5)
  const both = systemClock.monotonic() - begun
  console.log(
    `unplugged: the client knew after ${(lostAt - begun).toFixed(0)} ms, both after ${both.toFixed(0)}`,
  )
  // The hub looks a few times within a heartbeat.
  expect(both).toBeLessThan(2.5 * heartbeatMs)
  expect(pending.isSettled).toBe(false)
  wire.plugIn()
  expect((await pending.promise).level).toBe('durable')
  expect((await insist(() => bus.inspect(faults.jobs))).received).toBe(2)
})

itNeeds(
  ['netns'],
  'F57 D1 a publish that nobody answered is unknown to who gives up, and one to who waits',
  async () => {
    const { hub, wire } = await startAway()
    await using patient = await clientOf(hub)
    const impatient = await clientOf(hub)
    await patient.send(faults.jobs, { n: 0 })
    await impatient.send(faults.jobs, { n: 1 })
    const waiting = Array.from({ length: 50 }, (_, n) => patient.send(faults.jobs, { n }))
    const given = impatient.send(faults.jobs, { n: 2 })
    // What was written in this turn is out; the answers find the wire unplugged.
    await new Promise((resolve) => setImmediate(resolve))
    wire.unplug()
    await impatient.close()
    const outcome = await given.then(
      () => 'receipted',
      (error: { outcome?: unknown }) => error.outcome,
    )
    expect(['receipted', 'unknown']).toContain(outcome)
    wire.plugIn()
    for (const receipt of await Promise.all(waiting)) expect(receipt.level).toBe('durable')
    const { received } = await insist(() => patient.inspect(faults.jobs))
    expect(received === 52 || received === 53).toBe(true)
  },
)

itNeeds(
  ['netns'],
  'Q1 Q2 Q3 D1 F50 a wire that is unplugged again and again loses and repeats nothing',
  async () => {
    const { hub, wire } = await startAway()
    const report = await underWorkload({
      url: hub.url,
      folder: fresh(),
      seed: 7,
      async during(tell) {
        for (const heartbeats of [1, 3, 6, 3, 1, 5]) {
          await pause(600)
          tell('cut', 'begin')
          wire.unplug()
          await pause(heartbeats * heartbeatMs)
          wire.plugIn()
          await pause(600)
          tell('cut', 'end')
        }
      },
    })
    console.log(`unplugged: ${textOf(report)}`)
  },
)

it('Q1 Q2 Q3 D1 F50 a proxy that goes silent again and again loses and repeats nothing', async () => {
  const hub = new FaultHub({ dir: join(fresh(), 'data'), settings: { limits: { heartbeatMs } } })
  await hub.start()
  later(() => hub.kill())
  const { hostname: host, port } = new URL(hub.url)
  const proxy = await createCuttingProxy(() => ({ host, port: Number(port) }))
  later(() => proxy[Symbol.asyncDispose]())
  const report = await underWorkload({
    url: `tcp://${proxy.host}:${proxy.port}`,
    folder: fresh(),
    seed: 8,
    async during(tell) {
      for (let round = 0; round < 4; round++) {
        await pause(500)
        tell('cut', 'begin')
        proxy.silence()
        await pause(4 * heartbeatMs)
        tell('cut', 'end')
      }
    },
  })
  console.log(`silent proxy: ${textOf(report)}`)
})
