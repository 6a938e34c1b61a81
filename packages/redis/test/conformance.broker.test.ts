/** The whole conformance suite against a real server, through a proxy that can cut the links. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { conformance } from '@busbar/conformance/vitest'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { redis } from '../src/index.js'

async function start() {
  const server = await startBroker('redis', { config: 'appendfsync always' })
  const proxy = await createCuttingProxy(() => ({ host: server.host, port: server.port }))
  return {
    connect: redis({ url: `redis://${proxy.host}:${proxy.port}` }),
    interrupt: proxy.cut,
    restart: () => server.restart(),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await server.close()
    },
  }
}

describeBroker('redis', 'redis', () =>
  conformance({ name: 'redis', start }, { report: '../conformance.json' }),
)
