/**
 * A durable work queue, 250 bytes, 256 confirms in flight, one worker that acknowledges after handling: Busbar beside the
 * brokers found on this machine, each started here with its data in a temporary directory. Then single confirms, beside
 * a bare write and fdatasync. Arguments: messages per round (default 40,000), rounds (default 7), and a part of the
 * names of those to run. BENCH_DIR chooses the disk; a directory in memory would make every sync free.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bareSyncs } from './bare-disk.js'
import { durableHub } from './durable-hub.js'
import { natsServer, redisServer } from './peer-servers.js'
import { type QueueContestant, queueContestant } from './queue-contestant.js'
import { rabbitServer } from './rabbit-server.js'
import { compare, compareTimes } from './rounds.js'

const messages = Number(process.argv[2] ?? 40_000)
const rounds = Number(process.argv[3] ?? 7)
const chosen = process.argv[4] ?? ''
const confirms = 300

const all = [
  // JetStream of this age confirms before the disk has it, so it is the reference and not an equal.
  ['JetStream file, confirms before its sync', natsServer],
  ['Busbar durable', durableHub],
  ['RabbitMQ quorum', rabbitServer],
  ['Redis stream, AOF always', redisServer],
] as const

const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'busbar-bench-'))
const contestants: QueueContestant[] = []
try {
  for (const [name, serve] of all) {
    if (!name.includes(chosen)) continue
    const contestant = await queueContestant(name, serve, dir)
    if (contestant !== undefined) contestants.push(contestant)
  }
  await compare(
    'durable queue, 250 bytes, 256 in flight, one worker',
    contestants.map((each) => ({ name: each.name, run: () => each.work(messages) })),
    rounds,
  )
  await compareTimes(
    'one durable publish in flight',
    [
      {
        name: 'write and fdatasync, growing file',
        run: async () => middle(await bareSyncs(dir, confirms, false)),
      },
      {
        name: 'write and fdatasync, file written before',
        run: async () => middle(await bareSyncs(dir, confirms, true)),
      },
      ...contestants.map((each) => ({ name: each.name, run: () => each.confirm(confirms) })),
    ],
    rounds,
  )
} finally {
  for (const each of contestants) await each.stop()
  rmSync(dir, { recursive: true, force: true })
}

function middle(times: Float64Array) {
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN
  return { p50Us: at(0.5), p99Us: at(0.99) }
}
