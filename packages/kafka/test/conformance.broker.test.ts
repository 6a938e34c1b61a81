/** The whole conformance suite against a real server, through a proxy that can cut the links. */

import { conformance } from '@busbar/conformance/vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { kafka } from '../src/index.js'
import { startKafkaBehindProxy } from './support/server.js'

async function start() {
  const world = await startKafkaBehindProxy()
  return {
    connect: kafka({ url: world.url }),
    interrupt: world.cut,
    restart: () => world.server.restart(),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

const knownFailures = [
  {
    case: 'restarts/leases-are-undone',
    reason: 'A broker that is killed forgets what it had given out; only consumers that die are counted.',
    issue: '4',
  },
]

describeBroker('kafka', 'the conformance suite', () => {
  conformance({ name: 'kafka', start, knownFailures }, { report: '../conformance.json' })
})
