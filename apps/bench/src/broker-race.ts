/**
 * Busbar over an adapter beside the client that the adapter is made with, on one server and in one process with a link
 * for each side: a queue with 256 confirms in flight and one worker, plain events with one subscriber, and each with one
 * message in flight. 250 bytes; the bare client does JSON.parse and zod's parse by hand. Arguments: broker, URL of a
 * server that runs, messages per round (default 10,000), rounds (default 5), and for a profile of one side: part of its name, part of the
 * pattern's.
 */

import { loadavg } from 'node:os'
import { busbar } from './brokers/busbar.js'
import type { Broker } from './brokers/contender.js'
import { type Side, sideOf } from './brokers/contest.js'
import { compare, compareTimes } from './rounds.js'

const brokers: Readonly<Record<string, () => Promise<Broker>>> = {
  artemis: async () => (await import('./brokers/artemis.js')).artemisBroker,
  kafka: async () => (await import('./brokers/kafka.js')).kafkaBroker,
  nats: async () => (await import('./brokers/nats.js')).natsBroker,
  rabbitmq: async () => (await import('./brokers/rabbitmq.js')).rabbitmqBroker,
  redis: async () => (await import('./brokers/redis.js')).redisBroker,
  sqs: async () => (await import('./brokers/sqs.js')).sqsBroker,
  zeromq: async () => (await import('./brokers/zeromq.js')).zeromqBroker,
}

const [broker = '', url = '', messages = '10000', rounds = '5', side = '', kind = ''] = process.argv.slice(2)
const single = Math.max(100, Math.ceil(Number(messages) / 50))

async function race({
  bare,
  bareWithHeaders,
  adapter,
  patterns = ['queue', 'pub/sub'],
  ordered = false,
}: Broker): Promise<void> {
  const run = process.pid
  const open: Record<string, () => ReturnType<Broker['bare']>> = {
    bare: () => bare(url, `bare${run}`),
    ...(bareWithHeaders && { 'bare with headers': () => bareWithHeaders(url, `headers${run}`) }),
    Busbar: () => busbar(adapter(url), `race${run}`),
    ...(ordered && { 'Busbar in order': () => busbar(adapter(url), `order${run}`, true) }),
  }
  const sides: Side[] = []
  try {
    for (const [name, make] of Object.entries(open)) {
      if (name.includes(side)) sides.push(await sideOf(`${broker}: ${name}`, await make(), patterns))
    }
    for (const pattern of patterns) {
      if (!pattern.includes(kind)) continue
      await compare(
        `${pattern}, 250 bytes, 256 in flight, ${messages} messages`,
        sides.map((each) => ({ name: each.name, run: () => each.rate(pattern, Number(messages)) })),
        Number(rounds),
      )
      await compareTimes(
        `${pattern}, one in flight, ${single} messages`,
        sides.map((each) => ({ name: each.name, run: () => each.times(pattern, single) })),
        Number(rounds),
      )
    }
  } finally {
    for (const each of sides) await each.close()
  }
}

const load = brokers[broker]
if (load === undefined || url === '') {
  console.error(`broker-race.js ${Object.keys(brokers).join('|')} URL [messages] [rounds] [side] [pattern]`)
  process.exitCode = 1
} else {
  console.log(`load before: ${loadavg()[0]?.toFixed(1)}`)
  await race(await load())
  console.log(`load after: ${loadavg()[0]?.toFixed(1)}`)
}
