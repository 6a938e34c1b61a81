/** The whole conformance suite against a server that speaks the protocol of SQS. */

import { conformance } from '@busbar/conformance/vitest'
import { startBroker } from '../../../tooling/brokers/index.mjs'
import { sqs } from '../src/index.js'

async function start() {
  const server = await startBroker('sqs')
  return {
    connect: sqs({
      url: server.url,
      waitSeconds: 1,
      routesMs: 200,
      maxMessageBytes: 1_048_576,
      // fauxqs hands out one message of a FIFO group at a time, see events.broker.test.ts; ElasticMQ up to ten.
      fifoEvents: process.env.BUSBAR_SQS_SERVER === 'elasticmq',
    }),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

const knownFailures = [
  {
    case: 'ordering/one-at-a-time-is-in-order-whatever-the-keys',
    reason: 'FIFO queues keep the order within a message group, which is a key, and none among groups.',
    issue: '4',
  },
]

conformance({ name: 'sqs', start, knownFailures }, { report: '../conformance.json' })
