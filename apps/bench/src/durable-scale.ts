/**
 * How much a hub needs for what waits on its disk: fills a durable queue (or a stream), kills the hub, starts it again, and
 * works some of it off. Arguments: messages (default 1,000,000), `queue` or `stream`. The disk needs 300 bytes a message.
 */

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { connect } from '@busbar/connect'
import { type Bus, createBus } from 'busbar'
import { type Child, start } from './children.js'
import { durable, firstJob, jobOf } from './job.js'
import { peakMibOf } from './peak-memory.js'

const messages = Number(process.argv[2] ?? 1_000_000)
const kind = process.argv[3] === 'stream' ? 'stream' : 'queue'
const inFlight = 4_096
const worked = Math.min(messages, 200_000)

const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'busbar-scale-'))
try {
  const first = await hub()
  await using writer = await busTo(first.url)
  const began = performance.now()
  await fill(writer)
  const filledIn = performance.now() - began
  console.log(`${messages} ${kind} messages of 250 bytes, Node ${process.version}`)
  console.log(`  filled at                     ${perSecond(messages, filledIn)}`)
  console.log(
    `  hub, all of it waiting        ${mibOf(first.pid)} MiB resident, ${peakOf(first.pid)} at most`,
  )
  first.child.process.kill('SIGKILL')
  await once(first.child.process, 'exit')
  await writer.close()

  const again = performance.now()
  const second = await hub()
  console.log(`  killed, then ready after      ${Math.round(performance.now() - again)} ms`)
  await pass(2_000)
  console.log(
    `  hub after that                ${mibOf(second.pid)} MiB resident, ${peakOf(second.pid)} at most`,
  )
  await using reader = await busTo(second.url)
  const from = performance.now()
  await work(reader)
  console.log(`  worked off                    ${perSecond(worked, performance.now() - from)}`)
  console.log(
    `  hub after that                ${mibOf(second.pid)} MiB resident, ${peakOf(second.pid)} at most`,
  )
  second.child.process.kill('SIGKILL')
  await once(second.child.process, 'exit')
} finally {
  rmSync(dir, { recursive: true, force: true })
}

async function hub(): Promise<{ readonly child: Child; readonly url: string; readonly pid: number }> {
  const { child, first } = await start('durable-hub-process', '', [dir])
  // What that process sends.
  const { url, refused } = first as { readonly url?: string; readonly refused?: string }
  if (url === undefined || child.process.pid === undefined) throw new Error(refused ?? 'it did not start')
  return { child, url, pid: child.process.pid }
}

function busTo(url: string): Promise<Bus> {
  return createBus({ service: 'bench', transport: connect(url) })
}

async function fill(bus: Bus): Promise<void> {
  for (let number = 0; number < messages; ) {
    const sent: Promise<unknown>[] = []
    for (; sent.length < inFlight && number < messages; number++) {
      const job = jobOf(firstJob + number)
      sent.push(kind === 'queue' ? bus.send(durable.jobs, job) : bus.append(durable.record, job))
    }
    await Promise.all(sent)
  }
}

async function work(bus: Bus): Promise<void> {
  let seen = 0
  if (kind === 'stream') {
    for await (const { ctx } of bus.replay(durable.record, { from: 'start' })) {
      seen++
      if ((ctx.offset ?? 0) + 1 >= worked) return
    }
    return
  }
  let enough = (): void => {}
  const done = new Promise<void>((resolve) => {
    enough = resolve
  })
  await bus.work(
    durable.jobs,
    () => {
      if (++seen === worked) enough()
    },
    { concurrency: 256 },
  )
  await done
}

function perSecond(count: number, ms: number): string {
  return `${Math.round(count / ms)}k/s`
}

function mibOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024)
}

function peakOf(pid: number): number {
  return Math.round(peakMibOf(pid))
}
