/** Works on the queue it was pointed at: each job is decoded and added up; reports when the announced number has come. */

import { cpuUs } from './cpu.js'
import { queueClient } from './queue-client.js'

/** What it reports at the end of a round. */
export interface Worked {
  readonly count: number
  readonly sum: number
  readonly cpuUs: number
}

const client = await queueClient(process.env.BUSBAR_URL ?? '')
let count = 0
let sum = 0
let wanted = Number.POSITIVE_INFINITY
let before = 0

await client.work((job) => {
  count += 1
  sum += job.number
  if (count === wanted) process.send?.({ count, sum, cpuUs: cpuUs() - before } satisfies Worked)
})
process.on('message', (messages: number) => {
  // What came twice in the round before is still in the count, so that it spoils the sum of this one.
  if (wanted !== Number.POSITIVE_INFINITY) {
    count -= wanted
    if (count === 0) sum = 0
  }
  wanted = messages
  before = cpuUs()
  process.send?.('ready')
})
process.on('disconnect', () => process.exit(0))
process.send?.(client.about)
