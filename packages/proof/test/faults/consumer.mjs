/** Takes messages and keeps them in its handlers until a line comes in, saying what it does on stdout. */

import { once } from 'node:events'
import { tcp } from '@busbar/tcp'
import { contract, createBus, queue } from 'busbar'
import { z } from 'zod'

const { url, topic, concurrency } = JSON.parse(process.argv[2] ?? '')
const Job = z.object({ n: z.number(), filler: z.string().optional() })
const retry = /** @type {const} */ ({ attempts: 5, backoff: 'fixed', initialMs: 10 })
const faults = contract('faults', {
  jobs: queue(Job, { durable: true, leaseMs: 60_000, retry }),
  brief: queue(Job, { durable: true, leaseMs: 1_500, retry }),
})
const subject = topic === 'brief' ? faults.brief : faults.jobs
const bus = await createBus({ service: 'victim', transport: tcp({ url }) })
const finished = once(process.stdin, 'data')
await bus.work(
  subject,
  async ({ n }, { attempt, acquired, signal }) => {
    console.log(`began ${n} ${attempt} ${acquired}`)
    const lost = new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason.code)))
    await finished
    // The loss may be told in the same breath.
    console.log(
      `ended ${n} ${await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 500))])}`,
    )
  },
  { concurrency },
)
console.log('working')
