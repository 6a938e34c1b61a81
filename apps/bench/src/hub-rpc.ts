/** Requests through a hub: caller, hub and replier in processes of their own; 64 in flight, and 1 for latency. */

import { connect } from '@busbar/connect'
import { createBus } from 'busbar'
import { start } from './children.js'
import { bench, orderOf } from './order.js'
import { compare, median } from './rounds.js'

const calls = Number(process.argv[2] ?? 40_000)

const caller = async (wire: 'tcpUrl' | 'websocketUrl') => {
  const hub = await start('hub-process')
  const url = (hub.first as Record<typeof wire, string>)[wire]
  const replier = await start('replier-process', url)
  const bus = await createBus({ service: 'caller', transport: connect(url) })

  const call = async (number: number): Promise<void> => {
    const answer = await bus.request(bench.price, orderOf(number))
    if (answer.total !== number || !answer.ok) throw new Error(`wrong answer to ${number}`)
  }
  return {
    async rate(inFlight: number): Promise<number> {
      const line = async (from: number): Promise<void> => {
        for (let number = from; number < calls; number += inFlight) await call(number)
      }
      const begun = performance.now()
      await Promise.all(Array.from({ length: inFlight }, (_, index) => line(index)))
      return calls / ((performance.now() - begun) / 1_000)
    },
    async latencyUs(): Promise<number> {
      const times: number[] = []
      for (let number = 0; number < 5_000; number += 1) {
        const begun = performance.now()
        await call(number)
        times.push((performance.now() - begun) * 1_000)
      }
      return median(times)
    },
    async stop() {
      await bus.close()
      replier.child.stop()
      hub.child.stop()
    },
  }
}

const overTcp = await caller('tcpUrl')
const overWebsocket = await caller('websocketUrl')
await compare('requests through a hub, order in, three fields out, validated on both sides', [
  { name: 'TCP, 64 in flight', run: () => overTcp.rate(64) },
  { name: 'TCP, 256 in flight', run: () => overTcp.rate(256) },
  { name: 'WebSocket, 64 in flight', run: () => overWebsocket.rate(64) },
])
console.log(`  TCP, 1 in flight: p50 ${(await overTcp.latencyUs()).toFixed(0)} us`)
await overTcp.stop()
await overWebsocket.stop()
