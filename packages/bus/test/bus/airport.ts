/** The contract that the tests of the bus share. */

import { z } from 'zod'
import { contract } from '../../src/contract/contract.js'
import { event, pair, queue, request, stream } from '../../src/contract/factories.js'

const Bag = z.object({ tag: z.string(), flight: z.string(), kg: z.number().max(32) })

export const airport = contract('airport', {
  landed: event(z.object({ flight: z.string(), gate: z.string() })),
  taxiing: event(z.object({ to: z.string() }), { path: '{airline}.{flight}' }),
  boarding: event(z.object({ gate: z.string() }), { retry: { attempts: 2, initialMs: 100 } }),
  weather: event(
    z.object({
      at: z.codec(z.iso.datetime(), z.date(), {
        decode: (text) => new Date(text),
        encode: (date) => date.toISOString(),
      }),
      wind: z.number().default(3),
    }),
  ),
  moveBag: queue(Bag, { retry: { attempts: 3, backoff: 'exponential', initialMs: 200, maxMs: 10_000 } }),
  urgentBag: queue(Bag, { priority: true }),
  keyedBag: queue(Bag, { key: (bag) => bag.flight, retry: { attempts: 1 } }),
  tinyBag: queue(z.object({ note: z.string() }), { maxBytes: 64 }),
  assignGate: request({
    input: z.object({ flight: z.string() }),
    output: z.object({ gate: z.string() }),
    errors: { NoGateFree: z.object({ waitMs: z.number() }) },
    timeoutMs: 1_000,
  }),
  departures: request({
    input: z.object({ count: z.number() }),
    output: z.object({ flight: z.string() }),
    streamed: true,
    errors: { Closed: z.object({ until: z.number() }) },
  }),
  radar: stream(z.object({ flight: z.string(), x: z.number() }), { key: (point) => point.flight }),
  hotline: pair({ dialer: z.object({ ask: z.string() }), accepter: z.object({ say: z.string() }) }),
})
