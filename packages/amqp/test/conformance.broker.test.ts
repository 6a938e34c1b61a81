/** The whole conformance suite against ActiveMQ Artemis, through a proxy that can cut the links. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { conformance } from '@busbar/conformance/vitest'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { amqp } from '../src/index.js'

const config = [
  // Else a message that was in hand when the broker crashed comes again as if nobody had had it.
  '<persist-delivery-count-before-delivery>true</persist-delivery-count-before-delivery>',
  // Nanoseconds that a write to the journal may wait for others.
  '<journal-buffer-timeout>100000</journal-buffer-timeout>',
].join('')

async function start() {
  const server = await startBroker('artemis', { config })
  const proxy = await createCuttingProxy(() => server)
  return {
    connect: amqp({ url: `amqp://busbar:busbar@${proxy.host}:${proxy.port}` }),
    interrupt: proxy.cut,
    restart: () => server.restart(),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

describeBroker('artemis', 'the conformance suite', () => {
  conformance({ name: 'amqp', start }, { report: '../conformance.json' })
})
