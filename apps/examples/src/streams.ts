/** Streams: a log that can be read again. */

import { createBus, memory } from 'busbar'
import { shop } from './shop-contract.js'

await using bus = await createBus({ service: 'stock', transport: memory() })

for (const left of [3, 2, 1]) await bus.append(shop.stock, { sku: 'lamp', left })

for await (const { value, ctx } of bus.replay(shop.stock, { from: { offset: 1 }, to: 'now' })) {
  console.log(`record ${ctx.offset}: ${value.left} left`)
}

let finish = () => {}
const soldOut = new Promise<void>((resolve) => (finish = resolve))
await bus.subscribe(
  shop.stock,
  ({ sku, left }) => {
    if (left > 0) return
    console.log(`order more ${sku}s`)
    finish()
  },
  { group: 'purchasing', from: 'start' },
)
await bus.append(shop.stock, { sku: 'lamp', left: 0 })
await soldOut
