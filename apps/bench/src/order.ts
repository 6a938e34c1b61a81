/** The message all benchmarks send: an order of 271 bytes as JSON, with the constraints such a schema has. */

import { contract, event, request } from 'busbar'
import { z } from 'zod'

export const Order = z.object({
  id: z.string().length(36),
  customer: z.string().min(1).max(100),
  items: z
    .array(
      z.object({
        sku: z.string().regex(/^[A-Z]{3}-\d{4}$/),
        qty: z.int().positive(),
        price: z.number().positive(),
      }),
    )
    .min(1)
    .max(50),
  total: z.number().min(0),
  currency: z.enum(['EUR', 'USD', 'GBP']),
  createdAt: z.string().min(20).max(30),
})

export type Order = z.infer<typeof Order>

/** The same fields with nothing to check but their types: what is left is the cost of the way. */
export const Note = z.object({
  id: z.string(),
  customer: z.string(),
  items: z.array(z.object({ sku: z.string(), qty: z.number(), price: z.number() })),
  total: z.number(),
  currency: z.string(),
  createdAt: z.string(),
})

export const bench = contract('bench', {
  ordered: event(Order),
  noted: event(Note),
  price: request({
    input: Order,
    output: z.object({ id: z.string(), total: z.number(), ok: z.boolean() }),
  }),
})

/** The order with this number; the number travels in `total`, so that receivers can add it up. */
export function orderOf(number: number): Order {
  return {
    id: '0190a6e0-7d1c-7b1e-8f2a-3c4d5e6f7a8b',
    customer: 'Grace Hopper, Arlington',
    items: [
      { sku: 'ABC-1234', qty: 2, price: 19.95 },
      { sku: 'DEF-5678', qty: 1, price: 249.5 },
      { sku: 'GHI-9012', qty: 10, price: 0.99 },
    ],
    total: number,
    currency: 'EUR',
    createdAt: '2026-11-22T12:00:00.000Z',
  }
}
