/** Load balancing in one file: run it twice against one hub, then once more with `send`. */

import { connect } from '@busbar/connect'
import { contract, createBus, queue } from 'busbar'
import { z } from 'zod'

const belt = contract('belt', { bag: queue(z.object({ number: z.int() })) })
const [role, count = '6'] = process.argv.slice(2)

await using bus = await createBus({
  service: 'belt',
  transport: connect(process.env.BUSBAR_URL ?? 'tcp://127.0.0.1:4600'),
})
if (role === 'send') {
  for (let number = 1; number <= Number(count); number += 1) await bus.send(belt.bag, { number })
} else {
  await bus.work(belt.bag, async ({ number }) => {
    console.log(`${role} moved bag ${number}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  })
  console.log(`${role} is ready`)
  await new Promise((resolve) => process.once('SIGTERM', resolve))
}
