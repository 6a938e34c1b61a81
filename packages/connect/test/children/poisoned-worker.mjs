// A worker process: the argument says what the poison does to it; every other message is handled.

import { tcp } from '@busbar/tcp'
import { contract, createBus, queue } from 'busbar'
import { z } from 'zod'

const poison = contract('poison', {
  job: queue(z.object({ n: z.number() }), {
    retry: { attempts: 3, backoff: 'fixed', initialMs: 1, maxMs: 1 },
    leaseMs: 1_000,
  }),
})
const [, , url = '', harm] = process.argv

const bus = await createBus({ service: 'worker', transport: tcp({ url }) })
await bus.work(poison.job, ({ n }) => {
  if (n !== 13) return
  if (harm === 'exit') process.exit(1)
  for (;;);
})
