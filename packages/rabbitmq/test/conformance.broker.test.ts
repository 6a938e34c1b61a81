/** The whole conformance suite against a real server, through a proxy that can cut the links. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { conformance } from '@busbar/conformance/vitest'
import type { Host } from 'busbar/transport'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { rabbitmq } from '../src/index.js'
import { queuesAreKnown } from './queues-known.js'

/**
 * A delay that ends while the queue behind it still starts anew is tried again after this time, and a restarted server
 * that is busy starts many. Its default is three minutes.
 */
const env = {
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
    '-kernel inet_dist_use_interface {127,0,0,1} -rabbit dead_letter_worker_publisher_confirm_timeout 2000',
}

async function start() {
  const broker = await startBroker('rabbitmq', { env })
  const proxy = await createCuttingProxy(() => ({ host: broker.host, port: broker.port }))
  const connect = rabbitmq({ url: `amqp://guest:guest@${proxy.host}:${proxy.port}` })
  // A case that did not wait for its restart leaves the next ones a server that runs.
  let restarting = Promise.resolve()
  return {
    connect: (host: Host) => restarting.then(() => connect(host)),
    interrupt: proxy.cut,
    restart() {
      restarting = restarting.then(() => queuesAreKnown(broker)).then(() => broker.restart('SIGKILL'))
      return restarting
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await broker.close()
    },
  }
}

describeBroker('rabbitmq', 'the conformance suite', () => {
  conformance({ name: 'rabbitmq', start }, { report: '../conformance.json' })
})
