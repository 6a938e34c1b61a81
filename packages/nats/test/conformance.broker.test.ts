/** The whole conformance suite against a real server, through a proxy that can cut the links. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { conformance } from '@busbar/conformance/vitest'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { nats } from '../src/index.js'

async function start() {
  const server = await startBroker('nats')
  const proxy = await createCuttingProxy(() => server)
  return {
    connect: nats({ url: `nats://${proxy.host}:${proxy.port}` }),
    interrupt: proxy.cut,
    restart: () => server.restart(),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

describeBroker('nats', 'the conformance suite', () => {
  conformance({ name: 'nats', start }, { report: '../conformance.json' })
})
