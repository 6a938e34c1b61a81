/** The whole conformance suite against a server that speaks the protocol of SQS. */

import { conformance } from '@busbar/conformance/vitest'
import { startBroker } from '../../../tooling/brokers/index.mjs'
import { sqs } from '../src/index.js'

async function start() {
  const server = await startBroker('sqs')
  return {
    connect: sqs({
      endpoint: server.url,
      waitSeconds: 1,
      routesMs: 30,
      maxMessageBytes: 1_048_576,
      // This server hands out one message of a FIFO group at a time; fifo-events.broker.test.ts is about those.
      fifoEvents: false,
    }),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

const issue = '4'
const knownFailures = [
  {
    case: 'ordering/one-at-a-time-is-in-order-whatever-the-keys',
    reason: 'FIFO queues keep the order within a message group, which is a key, and none among groups.',
    issue,
  },
  {
    case: 'refusals/durable',
    reason: 'A durable topic has a dedupe window by default, and that is refused first.',
    issue,
  },
]

conformance({ name: 'sqs', start, knownFailures }, { report: '../conformance.json' })
