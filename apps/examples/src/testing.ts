/** A test without waiting: the clock is virtual, and `settled()` waits for everything a message caused. */

import assert from 'node:assert/strict'
import { createTestBus } from 'busbar/testing'
import { shop } from './shop-contract.js'

await using bus = await createTestBus({ service: 'shop' })
await bus.subscribe(shop.placed, (order, ctx) => ctx.send(shop.pack, order).then(() => undefined))
await bus.work(shop.pack, () => undefined)

await bus.publish(
  shop.placed,
  { id: '9', sku: 'lamp', quantity: 1 },
  { params: { country: 'nl', store: 'delft' } },
)
await bus.settled()

assert.equal(bus.published(shop.pack).length, 1)
assert.equal(bus.handled(shop.pack).length, 1)
console.log('settled')
