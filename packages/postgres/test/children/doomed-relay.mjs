// A relay in a process of its own that is killed after some receipts, before it can delete their rows.

import { relayOutbox } from '@busbar/postgres'
import { tcp } from '@busbar/tcp'
import { contract, createBus, event } from 'busbar'
import pg from 'pg'
import { z } from 'zod'

const [, , url = '', connectionString, schema, receipts] = process.argv
const doomed = contract('doomed', {
  step: event(z.object({ n: z.int() }), {
    key: () => 'one',
    retry: { attempts: 3, initialMs: 10 },
    dedupeMs: 600_000,
  }),
})
let left = Number(receipts)
/** @type {import('busbar').BusMiddleware} */
const kill = async (_crossing, next) => {
  const receipt = await next()
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
  return receipt
}
relayOutbox({
  pool: new pg.Pool({ connectionString, options: `-c search_path=${schema}` }),
  bus: await createBus({ service: 'doomed', transport: tcp({ url }), middleware: [kill] }),
  contracts: [doomed],
  pollMs: 20,
})
