/** Requests: a typed answer, a typed error, or a code; and answers that come as a sequence. */

import { createBus, isBusError, isFailure, memory } from 'busbar'
import { shop } from './shop-contract.js'

await using bus = await createBus({ service: 'prices', transport: memory() })

const nobody = await bus.request(shop.price, { sku: 'lamp' }).catch((error: unknown) => error)
if (isBusError(nobody, 'NO_RESPONDER')) console.log('nobody sells anything yet')

await bus.reply(shop.price, ({ sku }, ctx) =>
  sku === 'lamp' ? { cents: 4_995 } : ctx.fail('NotSold', { since: '2026-01-01' }),
)
await bus.reply(shop.catalogue, async function* ({ prefix }) {
  for (const sku of ['chair', 'lamp', 'lantern']) if (sku.startsWith(prefix)) yield { sku }
})

const { cents } = await bus.request(shop.price, { sku: 'lamp' }, { timeoutMs: 1_000 })
console.log(`a lamp costs ${cents} cents`)
try {
  await bus.request(shop.price, { sku: 'ghost' })
} catch (error) {
  if (!isFailure(error, shop.price, 'NotSold')) throw error
  console.log(`not sold since ${error.details.data.since}`)
}
for await (const { sku } of bus.request(shop.catalogue, { prefix: 'la' })) console.log(`la… ${sku}`)
