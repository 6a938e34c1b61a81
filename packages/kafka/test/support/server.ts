/** A real Kafka for tests, that answers groups at once. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { startBroker } from '../../../../tooling/brokers/index.mjs'

/** Brokers gather acknowledgements and assignments for a while by default, which only costs time here. */
export const quick = [
  'share.coordinator.append.linger.ms=0',
  'group.share.assignment.interval.ms=0',
  'group.consumer.assignment.interval.ms=0',
  'share.coordinator.state.topic.num.partitions=2',
]

export const startKafka = (config: readonly string[] = []) =>
  startBroker('kafka', { config: [...quick, ...config].join('\n') })

/** The same behind a proxy, whose address the broker gives to its clients. */
export async function startKafkaBehindProxy() {
  let target = { host: '127.0.0.1', port: 0 }
  const proxy = await createCuttingProxy(() => target)
  const server = await startKafka([`advertised.listeners=PLAINTEXT://${proxy.host}:${proxy.port}`])
  target = server
  return {
    server,
    url: `kafka://${proxy.host}:${proxy.port}`,
    cut: proxy.cut,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}
