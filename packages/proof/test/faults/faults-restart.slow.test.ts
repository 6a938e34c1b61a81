/** A hub that is replaced under its clients, in order or by kill -9: they notice one break, and lose nothing. */

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { clientOf, insist } from './client.js'
import { FaultHub } from './fault-hub.js'
import { cleanUp } from './tools.js'
import { faults } from './topics.js'
import { pause } from './workload.js'

const { fresh, later } = cleanUp()

for (const end of ['stop', 'kill'] as const) {
  it(`F51 D1 a hub that is replaced by ${end} while clients send is one break to them, and each message is one`, async () => {
    const hub = new FaultHub({ dir: join(fresh(), 'data') })
    await hub.start()
    later(() => hub.kill())
    await using producer = await clientOf(hub)
    await using worker = await clientOf(hub)
    const states: string[] = []
    for (const bus of [producer, worker]) bus.status.on('state', (state) => states.push(state))
    const seen: string[] = []
    await worker.work(faults.jobs, (_, { id }) => void seen.push(id), { concurrency: 8 })
    const sent: Promise<{ id: string }>[] = []
    const send = (): void => {
      for (let i = 0; i < 8; i++) sent.push(producer.send(faults.jobs, { n: sent.length }))
    }
    for (let burst = 0; burst < 50; burst++) {
      send()
      await pause(1)
    }
    const ended = hub[end]()
    for (let burst = 0; burst < 20; burst++) {
      send()
      await pause(1)
    }
    const exit = await ended
    expect(exit).toEqual(end === 'stop' ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' })
    send()
    await hub.start()
    send()
    const receipts = await Promise.all(sent)
    const state = () => insist(() => producer.inspect(faults.jobs))
    while ((await state()).done < receipts.length) await pause(5)
    expect((await state()).received).toBe(receipts.length)
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(receipts.length)
    for (const { id } of receipts) expect(seen).toContain(id)
    expect(states.filter((state) => state === 'connected').length).toBe(2)
    expect(states.filter((state) => state !== 'connected')).toEqual(['reconnecting', 'reconnecting'])
  })
}
