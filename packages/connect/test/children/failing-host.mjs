// A host with an embedded hub and a client of it, whose own code fails after the ready line.

import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { contract, createBus, event } from 'busbar'
import { z } from 'zod'

const host = contract('host', { told: event(z.string()) })
const hub = await createHub({ tcp: { port: 0 } })
const bus = await createBus({ service: 'host', transport: tcp({ url: hub.tcpUrl }) })
await bus.subscribe(host.told, () => {
  if (process.argv[2] === 'timer') setTimeout(() => nowhere(), 0)
  else void Promise.reject(new Error('user code'))
})
console.log(`ready ${hub.tcpUrl}`)
await bus.publish(host.told, 'now')

function nowhere() {
  throw new Error('user code')
}
