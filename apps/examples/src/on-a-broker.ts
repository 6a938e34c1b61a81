/** What will exist at a broker, before anything is made there; and what it cannot carry, without a server. */

import { describePlan } from '@busbar/adapter'
import { plan } from '@busbar/rabbitmq'
import { contract, createBus, event, memory, queue } from 'busbar'
import { z } from 'zod'

const Flight = z.object({ flight: z.string() })
const airport = contract('airport', {
  landed: event(Flight, { retry: { attempts: 5 } }),
  moveBag: queue(Flight, { retry: { attempts: 3 } }),
  deice: queue(Flight, { key: ({ flight }) => flight }),
})

const groups = { 'airport.landed': ['billing'] }
console.log(describePlan(plan([airport.landed, airport.moveBag], { groups })))

await using bus = await createBus({ service: 'ramp', transport: memory({ as: 'rabbitmq' }) })
await bus.send(airport.deice, { flight: 'KL23' }).catch((error) => console.log(error.message))
