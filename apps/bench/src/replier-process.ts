/** Answers requests: input decoded and validated, three fields back. */

import { connect } from '@busbar/connect'
import { createBus } from 'busbar'
import { cpuUs } from './cpu.js'
import { bench } from './order.js'

const bus = await createBus({ service: 'prices', transport: connect(process.env.BUSBAR_URL ?? '') })
await bus.reply(bench.price, (order) => ({ id: order.id, total: order.total, ok: true }), {
  concurrency: 1_024,
})
process.on('message', () => process.send?.({ cpuUs: cpuUs() }))
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
