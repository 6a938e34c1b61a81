/** Publish and subscribe through a hub: publisher, hub and subscriber in processes of their own, all on this machine. */

import { connect } from '@busbar/connect'
import { createBus } from 'busbar'
import { start } from './children.js'
import { bench, orderOf } from './order.js'
import { compare } from './rounds.js'

const messages = Number(process.argv[2] ?? 100_000)
/** Publishes under way at a time: what an application with many requests has. */
const inFlight = 512

const contestant = async (name: string, wire: 'tcpUrl' | 'websocketUrl') => {
  const hub = await start('hub-process')
  const url = (hub.first as Record<typeof wire, string>)[wire]
  const subscriber = await start('subscriber-process', url)
  const bus = await createBus({ service: 'publisher', transport: connect(url) })
  await bus.declare(bench)

  const publish = async (from: number): Promise<void> => {
    for (let number = from; number < messages; number += inFlight)
      await bus.publish(bench.ordered, orderOf(number))
  }
  return {
    name,
    async run() {
      await subscriber.child.ask(messages)
      const answer = subscriber.child.next()
      const begun = performance.now()
      await Promise.all(Array.from({ length: inFlight }, (_, index) => publish(index)))
      const { count, sum, gaps } = (await answer) as { count: number; sum: number; gaps: number }
      const seconds = (performance.now() - begun) / 1_000
      if (gaps > 0 || count !== messages || sum !== (messages * (messages - 1)) / 2) {
        throw new Error(`${name}: ${count} of ${messages} came, sum ${sum}, ${gaps} dropped`)
      }
      return messages / seconds
    },
    async stop() {
      await bus.close()
      subscriber.child.stop()
      hub.child.stop()
    },
  }
}

const contestants = [
  await contestant('hub over TCP', 'tcpUrl'),
  await contestant('hub over WebSocket', 'websocketUrl'),
]
await compare('publish/subscribe through a hub, 271 bytes, validated on both sides', contestants)
for (const each of contestants) await each.stop()
