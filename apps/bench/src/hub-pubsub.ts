/**
 * Publish and subscribe through a hub: publisher, hub and subscriber in processes of their own, all on this machine.
 * Arguments: messages per round (default 100,000), rounds (default 7), and a part of the names of those to run.
 */

import { connect } from '@busbar/connect'
import { createBus } from 'busbar'
import { start } from './children.js'
import { cpuUs, perOperation } from './cpu.js'
import { bench, orderOf } from './order.js'
import { compare } from './rounds.js'

const messages = Number(process.argv[2] ?? 100_000)
const rounds = Number(process.argv[3] ?? 7)
const chosen = process.argv[4] ?? ''
/** Publishes under way at a time: what an application with many requests has. */
const inFlight = 512

interface Report {
  readonly count: number
  readonly sum: number
  readonly gaps: number
  readonly cpuUs: number
}

const contestant = async (
  name: string,
  wire: 'tcpUrl' | 'websocketUrl',
  topic: typeof bench.ordered | typeof bench.noted,
) => {
  const hub = await start('hub-process')
  const url = (hub.first as Record<typeof wire, string>)[wire]
  const subscriber = await start('subscriber-process', url)
  const bus = await createBus({ service: 'publisher', transport: connect(url) })
  await bus.declare(bench)
  const used = { publisher: 0, hub: 0, subscriber: 0 }
  let published = 0

  const publish = async (from: number): Promise<void> => {
    for (let number = from; number < messages; number += inFlight) await bus.publish(topic, orderOf(number))
  }
  return {
    name,
    async run() {
      const hubBefore = (await hub.child.ask('usage')) as { cpuUs: number }
      const before = (await subscriber.child.ask(messages)) as { cpuUs: number }
      const answer = subscriber.child.next()
      const cpuBefore = cpuUs()
      const begun = performance.now()
      await Promise.all(Array.from({ length: inFlight }, (_, index) => publish(index)))
      used.publisher += cpuUs() - cpuBefore
      const after = (await answer) as Report
      const seconds = (performance.now() - begun) / 1_000
      used.subscriber += after.cpuUs - before.cpuUs
      used.hub += ((await hub.child.ask('usage')) as { cpuUs: number }).cpuUs - hubBefore.cpuUs
      published += messages
      const { count, sum, gaps } = after
      if (gaps > 0 || count !== messages || sum !== (messages * (messages - 1)) / 2) {
        throw new Error(`${name}: ${count} of ${messages} came, sum ${sum}, ${gaps} dropped`)
      }
      return messages / seconds
    },
    async stop() {
      console.log(`  ${name}: CPU us per message, warm-up included: ${perOperation(used, published)}`)
      await bus.close()
      subscriber.child.stop()
      hub.child.stop()
    },
  }
}

const all = [
  ['TCP', 'tcpUrl', bench.ordered],
  ['WebSocket', 'websocketUrl', bench.ordered],
  ['TCP, schema without constraints', 'tcpUrl', bench.noted],
] as const
const contestants = []
for (const [name, wire, topic] of all)
  if (name.includes(chosen)) contestants.push(await contestant(name, wire, topic))
await compare('publish/subscribe through a hub, 271 bytes, validated on both sides', contestants, rounds)
for (const each of contestants) await each.stop()
