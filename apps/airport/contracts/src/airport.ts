/**
 * The airport's contract: every message that its services and its page exchange. What must not be lost is durable; what
 * is only watched is a plain event, gone when nobody looks.
 */

import { contract, event, pair, queue, request, stream } from 'busbar'
import * as z from 'zod'

/** Two letters or a letter and a digit, as IATA gives them to airlines. */
const Airline = z.string().regex(/^[A-Z0-9]{2}$/)
const Flight = z.string().regex(/^[A-Z0-9]{2}\d{1,4}$/)
/** Three letters, as IATA gives them to airports. */
const Place = z.string().regex(/^[A-Z]{3}$/)

const Plane = z.object({
  airline: Airline,
  flight: Flight,
  from: Place,
  to: Place,
  bags: z.int().min(0).max(50),
})
const Bag = z.object({
  tag: z.string().min(3),
  flight: Flight,
  kg: z.number().positive().max(32),
  /** A label nobody can read: the belt fails until somebody writes a new one. */
  smudged: z.boolean(),
})

export const airport = contract('airport', {
  /** A plane asks to land. It is up there until it has landed, whatever happens to the tower meanwhile. */
  approach: event(Plane, { path: '{airline}.{flight}', durable: true, retry: { attempts: 10 } }),
  /** No gate is free: the plane flies another round. */
  circling: event(Plane.extend({ round: z.int().min(1) })),
  landed: event(Plane.extend({ gate: z.string() }), { path: '{airline}.{flight}', durable: true, retry: {} }),
  departed: event(z.object({ flight: Flight, to: Place, gate: z.string() }), { durable: true, retry: {} }),
  /** Ask for a gate; a refusal says when to ask again. */
  assignGate: request({
    input: z.object({ flight: Flight, to: Place }),
    output: z.object({ gate: z.string() }),
    errors: { NoGateFree: z.object({ waitMs: z.int().positive() }) },
    timeoutMs: 5_000,
  }),
  /** With `retry`, as one that is sent while the hub goes down is sent again once it is back. */
  gate: event(z.object({ gate: z.string(), flight: Flight.nullable() }), { retry: {} }),
  /** Work for the belt: three tries, then Lost & Found. Bags of one flight keep their order. */
  moveBag: queue(Bag, {
    durable: true,
    key: (bag) => bag.flight,
    retry: { attempts: 3, backoff: 'exponential', initialMs: 200 },
    leaseMs: 10_000,
  }),
  /** Who has had which bag, as the rules of the trade ask: a record when it is checked in, and one at its end. */
  custody: stream(
    z.object({
      /** Id of the bag's message on the belt. */
      bag: z.string(),
      tag: z.string(),
      step: z.enum(['checked in', 'delivered', 'lost']),
    }),
    { durable: true, key: (record) => record.bag, keepMs: 86_400_000 },
  ),
  /** What happens on the belt, for those who watch. */
  belt: event(
    z.object({
      tag: z.string(),
      flight: Flight,
      worker: z.string(),
      attempt: z.int().min(1),
      state: z.enum(['moving', 'delivered', 'jammed', 'lost']),
    }),
  ),
  /** A message its sender was not allowed to send, with the reasons. */
  rejected: event(
    z.object({ sender: z.string(), topic: z.string(), about: z.string(), issues: z.array(z.string()) }),
  ),
  /** Where each plane is, ten times a second, kept for ten minutes. */
  radar: stream(
    z.object({
      flight: Flight,
      x: z.number().min(-1).max(1),
      y: z.number().min(-1).max(1),
      state: z.enum(['approach', 'circling', 'landing']),
    }),
    { durable: true, key: (point) => point.flight, keepMs: 600_000, keepCount: 200_000 },
  ),
  /** One line of the departures board. */
  row: event(
    z.object({
      flight: Flight,
      to: Place,
      gate: z.string(),
      status: z.enum(['landed', 'boarding', 'departed']),
      time: z.iso.datetime(),
    }),
  ),
  /** A call between the tower and one ground vehicle; a third party cannot join. */
  hotline: pair(
    {
      dialer: z.object({ say: z.string() }),
      accepter: z.object({ say: z.string() }),
    },
    { path: '{vehicle}' },
  ),
  /** What was said on the hotline, for those who watch. */
  call: event(
    z.object({
      vehicle: z.string(),
      from: z.enum(['tower', 'vehicle', 'intruder']),
      say: z.string(),
      state: z.enum(['open', 'said', 'refused', 'closed']),
    }),
    { retry: {} },
  ),
  /** Starts and stops the traffic. */
  traffic: request({ input: z.object({ flowing: z.boolean() }), output: z.object({ flowing: z.boolean() }) }),
  /** What one service counted so far. */
  tally: request({
    input: z.object({}),
    output: z.record(z.string(), z.int()),
    path: '{service}',
    timeoutMs: 2_000,
  }),
})

export type Plane = z.infer<typeof Plane>
export type Bag = z.infer<typeof Bag>
