/** Emptying a topic by its bus. */

import { expect, it } from 'vitest'
import { z } from 'zod'
import { contract, createBus, memory, queue, request, stream } from '../../src/index.js'

const shop = contract('shop', {
  pack: queue(z.object({ n: z.number() })),
  log: stream(z.object({ n: z.number() })),
  ask: request({ input: z.object({}), output: z.object({}) }),
})

it('Q1 S1 purges what waits in a queue and what a stream has, and the counts know of it', async () => {
  await using bus = await createBus({ service: 'shop', transport: memory() })
  for (const n of [1, 2, 3]) await bus.send(shop.pack, { n })
  for (const n of [1, 2]) await bus.append(shop.log, { n })
  expect(await bus.purge(shop.pack)).toBe(3)
  expect(await bus.purge(shop.log)).toBe(2)
  expect(await bus.inspect(shop.pack)).toMatchObject({ received: 3, ready: 0, purged: 3 })
  expect(await bus.inspect(shop.log)).toMatchObject({ first: 2, next: 2 })
  expect(await bus.purge(shop.pack)).toBe(0)
  // @ts-expect-error nothing waits in a request
  await expect(bus.purge(shop.ask)).rejects.toThrow(TypeError)
  await bus.close()
  await expect(bus.purge(shop.pack)).rejects.toMatchObject({ code: 'CLOSED' })
})
