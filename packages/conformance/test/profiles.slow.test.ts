/** Whatever a profile claims, it keeps: the suite on each of them. */

import { type BrokerName, memory } from 'busbar'
import { conformance } from '../src/vitest.js'

for (const as of ['amqp', 'kafka', 'nats', 'rabbitmq', 'redis', 'sqs', 'zeromq'] satisfies BrokerName[]) {
  const connect = memory({ as })
  conformance({
    name: `memory as ${as}`,
    start: async () => ({ connect, async [Symbol.asyncDispose]() {} }),
  })
}
