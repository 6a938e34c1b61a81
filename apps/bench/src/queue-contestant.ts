/** One contestant of the durable queue: its server, a publisher and a worker, each in a process of its own. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, start } from './children.js'
import { cpuUsOf, perOperation } from './cpu.js'
import { firstJob } from './job.js'
import type { StartServer } from './peer-servers.js'
import type { Errand, Sent } from './queue-publisher-process.js'
import type { Worked } from './queue-worker-process.js'

/** Confirms awaited at a time. */
const inFlight = 256

export interface QueueContestant {
  readonly name: string
  /** A round through publisher, server and worker; gives messages per second from the first call to the last handled. */
  work(messages: number): Promise<number>
  /** One after the other, to a queue nobody works on. */
  confirm(messages: number): Promise<Sent>
  stop(): Promise<void>
}

/** Undefined, and a line that says why, when it cannot take part. */
export async function queueContestant(
  name: string,
  serve: StartServer | ((dir: string) => Promise<Awaited<ReturnType<StartServer>> | string>),
  baseDir: string,
): Promise<QueueContestant | undefined> {
  const dir = join(baseDir, name.replace(/\W+/g, '-'))
  mkdirSync(dir)
  const server = await serve(dir)
  if (server === undefined || typeof server === 'string') {
    console.log(`  skipped: ${name}: ${server ?? 'its server is not on this machine'}`)
    return undefined
  }
  const publisher = await start('queue-publisher-process', server.url)
  const worker = await start('queue-worker-process', server.url)
  console.log(`  ${name}: ${String(publisher.first)}`)
  const used = { publisher: 0, server: 0, worker: 0 }
  let worked = 0

  const send = async (errand: Errand): Promise<Sent> => (await publisher.child.ask(errand)) as Sent
  return {
    name,
    async work(messages) {
      await worker.child.ask(messages)
      const done = worker.child.next()
      const before = cpuUsOf(server.pid)
      const begun = performance.now()
      const sent = await send({ queue: 'jobs', messages, inFlight })
      const { count, sum, cpuUs } = (await done) as Worked
      const seconds = (performance.now() - begun) / 1_000
      if (count !== messages || sum !== messages * firstJob + (messages * (messages - 1)) / 2) {
        throw new Error(`${name}: ${count} of ${messages} came, sum ${sum}`)
      }
      used.publisher += sent.cpuUs
      used.server += cpuUsOf(server.pid) - before
      used.worker += cpuUs
      worked += messages
      return messages / seconds
    },
    confirm: (messages) => send({ queue: 'kept', messages, inFlight: 1 }),
    async stop() {
      if (worked > 0) console.log(`  ${name}: CPU us per message: ${perOperation(used, worked)}`)
      await Promise.all([gone(publisher.child), gone(worker.child)])
      await server.stop()
    },
  }
}

function gone(child: Child): Promise<void> {
  return new Promise((resolve) => {
    if (child.process.exitCode !== null) return resolve()
    child.process.once('exit', () => resolve())
    child.stop()
  })
}
