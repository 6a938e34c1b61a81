/** The message of the durable benchmarks: 250 bytes as JSON. */

import { contract, queue, stream } from 'busbar'
import { z } from 'zod'

export const Job = z.object({
  number: z.int().min(0),
  id: z.string().length(36),
  customer: z.string().min(1).max(100),
  items: z.array(z.object({ sku: z.string(), qty: z.int(), price: z.number() })).min(1),
  note: z.string(),
})

export type Job = z.infer<typeof Job>

export const durable = contract('durable', {
  /** What a worker takes. */
  jobs: queue(Job, { durable: true }),
  /** What nobody takes, to see the publisher's side alone. */
  kept: queue(Job, { durable: true }),
  record: stream(Job, { durable: true, keepCount: 100_000_000 }),
})

/** The stream without a disk, to see what the disk costs. */
export const fleeting = contract('fleeting', { record: stream(Job, { keepCount: 100_000_000 }) })

/** Numbers start here, so that every job has the same size. */
export const firstJob = 1_000_000

export function jobOf(number: number): Job {
  return {
    number,
    id: '0190a6e0-7d1c-7b1e-8f2a-3c4d5e6f7a8b',
    customer: 'Grace Hopper, Arlington',
    items: [
      { sku: 'ABC-1234', qty: 2, price: 19.95 },
      { sku: 'DEF-5678', qty: 1, price: 249.5 },
    ],
    note: 'leave it with the neighbours at number 12, please',
  }
}
