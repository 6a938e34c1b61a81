/** The topics on which outside faults are shown. */

import { contract, event, queue, request } from 'busbar'
import { z } from 'zod'

const Job = z.object({ n: z.number(), filler: z.string().optional() })

export const faults = contract('faults', {
  /** Slow to be taken back: only what is shown ends a lease. */
  jobs: queue(Job, {
    durable: true,
    leaseMs: 60_000,
    retry: { attempts: 5, backoff: 'fixed', initialMs: 10 },
  }),
  brief: queue(Job, {
    durable: true,
    leaseMs: 1_500,
    retry: { attempts: 5, backoff: 'fixed', initialMs: 10 },
  }),
  mortal: queue(Job, { durable: true, leaseMs: 60_000, ttlMs: 600_000 }),
  /** Its ids are forgotten soon, and with them what fills the disk. */
  forgotten: queue(Job, { durable: true, leaseMs: 60_000, dedupeMs: 2_000 }),
  passing: event(Job),
  echo: request({ input: Job, output: Job }),
})
