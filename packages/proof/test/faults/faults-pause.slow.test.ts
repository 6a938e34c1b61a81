/** Processes that stand still: a hub past its heartbeats, a consumer past its lease. */

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { textOf } from '../../src/index.js'
import { clientOf } from './client.js'
import { ConsumerProcess } from './consumer-process.js'
import { FaultHub } from './fault-hub.js'
import { cleanUp } from './tools.js'
import { faults } from './topics.js'
import { pause, underWorkload } from './workload.js'

const { fresh, later } = cleanUp()
const heartbeatMs = 500

it('F43 F50 Q2 Q3 a hub that stands still past leases and heartbeats goes on, and nothing is lost', async () => {
  const hub = new FaultHub({ dir: join(fresh(), 'data'), settings: { limits: { heartbeatMs } } })
  await hub.start()
  later(() => hub.kill())
  const report = await underWorkload({
    url: hub.url,
    folder: fresh(),
    seed: 6,
    leaseMs: 1_000,
    async during(tell) {
      for (let round = 0; round < 4; round++) {
        await pause(500)
        tell('pause', 'begin')
        hub.signal('SIGSTOP')
        await pause(5 * heartbeatMs)
        hub.signal('SIGCONT')
        await pause(500)
        tell('pause', 'end')
      }
    },
  })
  console.log(`a hub that stood still: ${textOf(report)}`)
})

it('Q2 Q3 Q4 a consumer that stands still past its lease changes nothing when it goes on', async () => {
  const hub = new FaultHub({ dir: join(fresh(), 'data') })
  await hub.start()
  later(() => hub.kill())
  await using bus = await clientOf(hub)
  const consumer = new ConsumerProcess({ url: hub.url, topic: 'brief', concurrency: 1 })
  later(() => consumer.kill())
  await consumer.until('working')
  await bus.send(faults.brief, { n: 0 })
  await consumer.until('began 0 1 1')
  consumer.signal('SIGSTOP')
  const seen: string[] = []
  let finish = (): void => {}
  const held = new Promise<void>((resolve) => {
    finish = resolve
  })
  const worker = await bus.work(faults.brief, async ({ n }, { attempt, acquired }) => {
    seen.push(`${n} ${attempt} ${acquired}`)
    await held
  })
  while (seen.length === 0) await pause(5)
  consumer.signal('SIGCONT')
  // Its handler ends now, well after somebody else has the message.
  consumer.finish()
  await consumer.until('ended 0 LEASE_LOST')
  expect(await bus.inspect(faults.brief)).toMatchObject({ leased: 1, done: 0, dead: 0, ready: 0 })
  finish()
  await worker.close()
  expect(seen).toEqual(['0 2 2'])
  expect(await bus.inspect(faults.brief)).toMatchObject({
    received: 1,
    done: 1,
    leased: 0,
    ready: 0,
    dead: 0,
  })
})
