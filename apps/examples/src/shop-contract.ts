/** A contract package in one file: what services share. */

import { contract, event, pair, queue, request, stream } from 'busbar'
import { z } from 'zod'

const Order = z.object({ id: z.string(), sku: z.string(), quantity: z.int().positive() })

export const shop = contract('shop', {
  placed: event(Order, { path: '{country}.{store}' }),
  pack: queue(Order, {
    key: (order) => order.sku,
    retry: { attempts: 3, backoff: 'exponential', initialMs: 50 },
  }),
  price: request({
    input: z.object({ sku: z.string() }),
    output: z.object({ cents: z.int() }),
    errors: { NotSold: z.object({ since: z.iso.date() }) },
  }),
  catalogue: request({
    input: z.object({ prefix: z.string() }),
    output: z.object({ sku: z.string() }),
    streamed: true,
  }),
  stock: stream(z.object({ sku: z.string(), left: z.int() }), { key: (line) => line.sku, keepMs: 3_600_000 }),
  till: pair({ dialer: z.object({ scan: z.string() }), accepter: z.object({ show: z.string() }) }),
})
