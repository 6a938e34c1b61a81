/** An inbox: a message that comes twice has its effect once. */

import { memoryInbox, once } from '@busbar/inbox'
import { createBus, memory } from 'busbar'
import { shop } from './shop-contract.js'

await using bus = await createBus({ service: 'warehouse', transport: memory() })
const inbox = memoryInbox()

let lamps = 10
let finish = () => {}
const finished = new Promise<void>((resolve) => (finish = resolve))
await bus.work(
  shop.pack,
  once(inbox, { group: 'warehouse', onDuplicate: () => finish() }, (order) => {
    lamps -= order.quantity
  }),
)

// A publisher that heard nothing sends again, with the same id.
await bus.send(shop.pack, { id: '1', sku: 'lamp', quantity: 2 }, { id: 'order-1' })
await bus.send(shop.pack, { id: '1', sku: 'lamp', quantity: 2 }, { id: 'order-1' })
await finished
console.log(`${lamps} lamps are left`)
