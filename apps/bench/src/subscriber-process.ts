/** Counts orders: each is decoded, validated and added up; reports when the announced number has come. */

import { connect } from '@busbar/connect'
import { createBus } from 'busbar'
import { bench } from './order.js'

const bus = await createBus({
  service: `subscriber-${process.pid}`,
  transport: connect(process.env.BUSBAR_URL ?? ''),
})
let count = 0
let sum = 0
let wanted = Number.POSITIVE_INFINITY
let gaps = 0

await bus.subscribe(
  bench.ordered,
  (order) => {
    count += 1
    sum += order.total
    if (count === wanted) process.send?.({ count, sum, gaps })
  },
  { onGap: (gap) => (gaps += gap.count) },
)
process.on('message', (messages: number) => {
  count = 0
  sum = 0
  wanted = messages
  process.send?.('ready')
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
