/** Counts orders: each is decoded, validated and added up; reports when the announced number has come. */

import { connect } from '@busbar/connect'
import { createBus } from 'busbar'
import { cpuUs } from './cpu.js'
import { bench } from './order.js'

const bus = await createBus({
  service: `subscriber-${process.pid}`,
  transport: connect(process.env.BUSBAR_URL ?? ''),
})
let count = 0
let sum = 0
let wanted = Number.POSITIVE_INFINITY
let gaps = 0

for (const topic of [bench.ordered, bench.noted]) {
  await bus.subscribe(
    topic,
    (order) => {
      count += 1
      sum += order.total
      if (count === wanted) process.send?.({ count, sum, gaps, cpuUs: cpuUs() })
    },
    // Nothing may be lost: a publisher that is faster waits.
    { buffer: { messages: 4_096, overflow: 'block' }, onGap: (gap) => (gaps += gap.count) },
  )
}
process.on('message', (messages: number) => {
  count = 0
  sum = 0
  wanted = messages
  process.send?.({ cpuUs: cpuUs() })
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
