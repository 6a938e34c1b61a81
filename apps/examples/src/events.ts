/** Events: every group gets a copy. */

import { createBus, memory } from 'busbar'
import { shop } from './shop-contract.js'

const wire = memory()
await using web = await createBus({ service: 'web', transport: wire })
await using mail = await createBus({ service: 'mail', transport: wire })
await using stats = await createBus({ service: 'stats', transport: wire })

await mail.subscribe(shop.placed, (order, ctx) => {
  console.log(`mail: thanks for order ${order.id} in ${ctx.params.country}`)
})
await stats.subscribe(
  shop.placed,
  (order) => console.log(`stats: ${order.quantity} sold in the Netherlands`),
  {
    where: { country: 'nl' },
  },
)

const order = { id: '7', sku: 'lamp', quantity: 2 }
await web.publish(shop.placed, order, { params: { country: 'nl', store: 'delft' } })
await web.publish(shop.placed, { ...order, id: '8' }, { params: { country: 'be', store: 'ghent' } })
