/**
 * The contract between the page and the launcher: which processes run, buttons that stop and start them, and the bags at
 * Lost & Found, which may be on a broker that a page cannot reach.
 */

import { contract, event, request } from 'busbar'
import * as z from 'zod'

const Worker = z.object({
  name: z.string(),
  service: z.string(),
  running: z.boolean(),
  /** Undefined while everything runs in one process. */
  pid: z.int().optional(),
})

const Roster = z.object({
  wire: z.string(),
  workers: z.array(Worker),
  /** Undefined while the hub has no process of its own, and therefore no plug to pull. */
  hub: z.object({ pid: z.int().optional() }).optional(),
})

const BagCounts = z.object({
  received: z.int(),
  ready: z.int(),
  delayed: z.int(),
  leased: z.int(),
  done: z.int(),
  dead: z.int(),
  purged: z.int(),
})

const LostBag = z.object({
  id: z.string(),
  /** What its payload says, as far as it can be read. */
  tag: z.string(),
  smudged: z.boolean(),
  reason: z.string(),
  attempts: z.int(),
})

const Bags = z.object({ ids: z.array(z.string()).optional() })
const Changed = z.object({ count: z.int() })

export const control = contract('control', {
  roster: event(Roster),
  /** The roster on demand. */
  list: request({ input: z.object({}), output: Roster }),
  /** Stops a worker for real: its process is killed, or its bus is closed when all share one process. */
  stop: request({
    input: z.object({ name: z.string() }),
    output: z.object({ running: z.boolean() }),
    errors: { NoSuchWorker: z.object({ name: z.string() }) },
  }),
  start: request({
    input: z.object({ name: z.string() }),
    output: z.object({ running: z.boolean() }),
    errors: { NoSuchWorker: z.object({ name: z.string() }) },
  }),
  /** Kills the hub's process, without warning, and starts it again a little later. Nobody can be told that it worked. */
  pullPlug: request({ input: z.object({}), output: z.object({}), timeoutMs: 5_000 }),
  /** How many bags are where, from the wire that has the belt; nothing from one that does not count. */
  bags: request({ input: z.object({}), output: z.object({ counts: BagCounts.optional() }) }),
  /** The first bags at Lost & Found. */
  lost: request({ input: z.object({}), output: z.object({ bags: z.array(LostBag), more: z.boolean() }) }),
  /** Writes a new label and puts bags back on the belt; all of them without ids. */
  relabel: request({ input: Bags, output: Changed, timeoutMs: 10_000 }),
  /** Takes bags out of Lost & Found for good; all of them without ids. */
  discard: request({ input: Bags, output: Changed, timeoutMs: 10_000 }),
})

export type Roster = z.infer<typeof Roster>
export type Worker = z.infer<typeof Worker>
export type BagCounts = z.infer<typeof BagCounts>
export type LostBag = z.infer<typeof LostBag>
