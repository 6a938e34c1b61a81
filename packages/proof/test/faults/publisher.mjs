/** Publishes without end, naming on stdout the id of each receipt. */

import { tcp } from '@busbar/tcp'
import { contract, createBus, queue } from 'busbar'
import { z } from 'zod'

const [url = '', life = ''] = process.argv.slice(2)
const Job = z.object({ n: z.number(), filler: z.string().optional() })
const retry = /** @type {const} */ ({ attempts: 5, backoff: 'fixed', initialMs: 10 })
const faults = contract('faults', { jobs: queue(Job, { durable: true, leaseMs: 60_000, retry }) })
const bus = await createBus({ service: 'publisher', transport: tcp({ url }) })
for (let n = 0; ; ) {
  const burst = Array.from({ length: 16 }, () => bus.send(faults.jobs, { n }, { id: `p${life}-${n++}` }))
  for (const { id } of await Promise.all(burst)) console.log(id)
}
