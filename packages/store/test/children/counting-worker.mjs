// A process that sends to a durable queue and counts what it handles in an inbox, until it is killed or all is done.

import { setTimeout as pause } from 'node:timers/promises'
import { once } from '@busbar/inbox'
import { fileInbox, fileStore } from '@busbar/store'
import { contract, createBus, memory, queue } from 'busbar'
import { z } from 'zod'

const [, , dir = '', from = '0', total = '0', dies = 'never', after = '0'] = process.argv
const jobs = contract('jobs', {
  count: queue(z.object({ n: z.int() }), {
    durable: true,
    dedupeMs: 600_000,
    // Each kill counts against what was under way.
    retry: { attempts: 1_000, backoff: 'fixed', initialMs: 1, maxMs: 1 },
  }),
})
const say = (/** @type {Record<string, unknown>} */ line) => process.stdout.write(`${JSON.stringify(line)}\n`)

let left = Number(after)
/** Kills the process at the moment that it was started to die at. */
const dieAt = (/** @type {string} */ moment) => {
  if (dies === moment && --left <= 0) process.kill(process.pid, 'SIGKILL')
}

const inbox = await fileInbox({ dir: `${dir}/inbox`, minFreeBytes: 0, segmentBytes: 16_384 })
const store = fileStore({ dir: `${dir}/bus`, minFreeBytes: 0 })
const bus = await createBus({ service: 'counter', transport: memory({ store }) })
const handle = once(
  inbox,
  { group: 'counter', onDuplicate: () => say({ duplicate: true }) },
  async ({ n }, _ctx, tx) => {
    const count = Number(tx.get('count') ?? 0)
    await new Promise((resolve) => setImmediate(resolve))
    tx.set('count', count + 1)
    tx.set(`times ${n}`, Number(tx.get(`times ${n}`) ?? 0) + 1)
    dieAt('effect')
  },
)
await bus.work(
  jobs.count,
  async (value, ctx) => {
    await handle(value, ctx)
    say({ handled: value.n })
    dieAt('handled')
  },
  { concurrency: 8 },
)
say({ ready: true })
/** Sends with ids of its own, so that what had no receipt can be sent again. */
for (let n = Number(from); n < Number(total); n += 1) {
  await bus.send(jobs.count, { n }, { id: `job-${n}` })
  say({ sent: n })
}
for (let done = 0; done < Number(total); ) {
  await pause(10)
  done = (await bus.inspect(jobs.count)).done
}
const times = Array.from({ length: Number(total) }, (_, n) => inbox.get(`times ${n}`))
const odd = times.flatMap((count, n) => (count === 1 ? [] : [[n, count ?? 0]]))
const { received, dead } = await bus.inspect(jobs.count)
say({ count: inbox.get('count'), odd, received, dead })
await bus.close()
await inbox.close()
