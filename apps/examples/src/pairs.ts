/** Pairs: two parties and nobody else. */

import { createBus, isBusError, memory } from 'busbar'
import { shop } from './shop-contract.js'

const wire = memory()
await using till = await createBus({ service: 'till', transport: wire })
await using scanner = await createBus({ service: 'scanner', transport: wire })

await till.accept(shop.till, async (line) => {
  for await (const { scan } of line) await line.send({ show: `${scan}: 49.95` })
})

const line = await scanner.dial(shop.till)
const taken = await scanner.dial(shop.till).catch((error: unknown) => error)
if (isBusError(taken, 'PAIR_TAKEN')) console.log('the till is in use')

await line.send({ scan: 'lamp' })
for await (const { show } of line) {
  console.log(show)
  await line.close()
}
