/** The contract between the page and the launcher: which processes run, and buttons that stop and start them. */

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
})

export type Roster = z.infer<typeof Roster>
export type Worker = z.infer<typeof Worker>
