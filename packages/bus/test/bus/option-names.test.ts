/** Options of consumers that do not exist are refused by name, also where no compiler looks. */

import { expect, test } from 'vitest'
import { z } from 'zod'
import { contract, createBus, memory, queue } from '../../src/index.js'

const shop = contract('shop', { pack: queue(z.object({ sku: z.string() })) })

test('an unknown option of work() is refused with the names of those that exist', async () => {
  const bus = await createBus({ service: 'names', transport: memory() })
  const options = { concurrency: 1, concurency: 4 }
  await expect(bus.work(shop.pack, () => undefined, options)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining('work() has no option "concurency"; there are concurrency'),
  })
  await bus.close()
})
