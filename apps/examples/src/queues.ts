/** Queues: one worker each, retries, dead letters, redrive. */

import { createBus, memory } from 'busbar'
import { shop } from './shop-contract.js'

await using bus = await createBus({ service: 'warehouse', transport: memory() })

let seen = 0
let finish = () => {}
const finished = new Promise<void>((resolve) => (finish = resolve))
await bus.work(shop.pack, (order, ctx) => {
  if (order.sku === 'ghost') return ctx.reject('there is no such thing')
  if (ctx.attempt < 2) throw new Error('out of tape')
  console.log(`packed ${order.quantity} ${order.sku} at attempt ${ctx.attempt}`)
  seen += 1
  if (seen === 2) finish()
})

await bus.send(shop.pack, { id: '1', sku: 'lamp', quantity: 2 })
await bus.send(shop.pack, { id: '2', sku: 'ghost', quantity: 1 })
while ((await bus.inspect(shop.pack)).dead === 0) await new Promise((resolve) => setTimeout(resolve, 5))

for await (const letter of bus.deadLetters(shop.pack)) console.log(`dead: ${letter.lastFailure?.message}`)
await bus.deadLetters(shop.pack).redrive({ map: () => ({ id: '2', sku: 'chair', quantity: 1 }) })
await finished
