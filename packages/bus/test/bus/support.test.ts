/** What a refusal says: who lacks what, and who has it. */

import { expect, test } from 'vitest'
import { z } from 'zod'
import { contract, createBus, event, memory, queue } from '../../src/index.js'

const shop = contract('shop', {
  orders: queue(z.number()),
  sold: event(z.number()),
  paid: queue(z.number(), { durable: true }),
})

test('F84 a refusal names the wires that would do, brokers included', async () => {
  await using bus = await createBus({ service: 'shop', transport: memory({ as: 'nats' }) })
  await expect(bus.inspect(shop.orders)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('; memory, tcp, websocket and redis would.'),
  })
})

test('F84 what no broker has is named with the wires of one machine', async () => {
  await using bus = await createBus({ service: 'shop', transport: memory({ as: 'nats' }) })
  await expect(
    bus.subscribe(shop.sold, () => {}, { buffer: { messages: 1, overflow: 'block' } }),
  ).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('; memory, tcp and websocket would.'),
  })
})

test('F84 what needs a store is named with the wires that take one', async () => {
  await using bus = await createBus({ service: 'shop', transport: memory() })
  await expect(bus.send(shop.paid, 1)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining(
      '; memory({ store }), a hub with a store, or a broker that syncs what it confirms would.',
    ),
  })
})
