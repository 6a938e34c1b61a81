/**
 * Requests through a hub: caller, hub and replier in processes of their own; 64 in flight, and 1 for latency.
 * Arguments: calls per round (default 40,000), rounds (default 7), and a part of the names of those to run.
 */

import { connect } from '@busbar/connect'
import { createBus } from 'busbar'
import { start } from './children.js'
import { cpuUs, perOperation } from './cpu.js'
import { bench, orderOf } from './order.js'
import { compare, median } from './rounds.js'

const calls = Number(process.argv[2] ?? 40_000)
const rounds = Number(process.argv[3] ?? 7)
const chosen = process.argv[4] ?? ''

const caller = async (wire: 'tcpUrl' | 'websocketUrl') => {
  const hub = await start('hub-process')
  const url = (hub.first as Record<typeof wire, string>)[wire]
  const replier = await start('replier-process', url)
  const bus = await createBus({ service: 'caller', transport: connect(url) })

  const call = async (number: number): Promise<void> => {
    const answer = await bus.request(bench.price, orderOf(number))
    if (answer.total !== number || !answer.ok) throw new Error(`wrong answer to ${number}`)
  }
  const usage = async () => ({
    caller: cpuUs(),
    hub: ((await hub.child.ask('usage')) as { cpuUs: number }).cpuUs,
    replier: ((await replier.child.ask('usage')) as { cpuUs: number }).cpuUs,
  })
  const used = { caller: 0, hub: 0, replier: 0 }
  let asked = 0
  return {
    async rate(inFlight: number): Promise<number> {
      const line = async (from: number): Promise<void> => {
        for (let number = from; number < calls; number += inFlight) await call(number)
      }
      const before = await usage()
      const begun = performance.now()
      await Promise.all(Array.from({ length: inFlight }, (_, index) => line(index)))
      const seconds = (performance.now() - begun) / 1_000
      const after = await usage()
      asked += calls
      for (const who of ['caller', 'hub', 'replier'] as const) used[who] += after[who] - before[who]
      return calls / seconds
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
    async stop(name: string) {
      if (asked > 0) console.log(`  ${name}: CPU us per call, warm-up included: ${perOperation(used, asked)}`)
      await bus.close()
      replier.child.stop()
      hub.child.stop()
    },
  }
}

const overTcp = await caller('tcpUrl')
const overWebsocket = await caller('websocketUrl')
const contestants = [
  { name: 'TCP, 64 in flight', run: () => overTcp.rate(64) },
  { name: 'TCP, 256 in flight', run: () => overTcp.rate(256) },
  { name: 'WebSocket, 64 in flight', run: () => overWebsocket.rate(64) },
].filter(({ name }) => name.includes(chosen))
await compare(
  'requests through a hub, order in, three fields out, validated on both sides',
  contestants,
  rounds,
)
console.log(`  TCP, 1 in flight: p50 ${(await overTcp.latencyUs()).toFixed(0)} us`)
await overTcp.stop('TCP')
await overWebsocket.stop('WebSocket')
