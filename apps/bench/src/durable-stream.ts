/**
 * A stream on disk, 250 bytes a record: appended to with 512 receipts awaited at a time, then replayed from its start,
 * typed and validated through a hub over TCP and inside one process, and as bytes at the seam of the transport.
 * Arguments: records (default 1,000,000), rounds of replays (default 5), and `memory` to do the same without a disk.
 */

import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, start } from './children.js'
import { durableHub } from './durable-hub.js'
import { firstJob } from './job.js'
import { peakMibOf } from './peak-memory.js'
import { compare } from './rounds.js'
import type { Passed, StreamErrand } from './stream-reader-process.js'

const records = Number(process.argv[2] ?? 1_000_000)
const rounds = Number(process.argv[3] ?? 5)
const onDisk = process.argv[4] !== 'memory'

const base = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'busbar-bench-'))
const contestants: Awaited<ReturnType<typeof contestant>>[] = []

async function contestant(
  where: string,
  url: string,
  dir: string | undefined,
  serverPid: number | undefined,
) {
  const args = [onDisk ? 'durable' : 'fleeting', ...(dir === undefined ? [] : [dir])]
  const { child, first } = await start('stream-reader-process', url, args)
  const { refused } = first as { readonly refused?: string }
  if (refused !== undefined) {
    child.stop()
    console.log(`  skipped: ${where}: ${refused}`)
    return undefined
  }
  const ask = async (errand: StreamErrand): Promise<Passed> => (await child.ask(errand)) as Passed
  return {
    where,
    async append(): Promise<void> {
      const { seconds, cpuUs } = await ask({ append: records })
      const rate = (records / seconds / 1_000).toFixed(0)
      console.log(`  append, ${where}: ${rate}k/s, writer CPU ${(cpuUs / records).toFixed(2)} us a record`)
    },
    async replay(how: 'typed' | 'seam'): Promise<number> {
      const { seconds, count, sum } = await ask({ replay: how })
      const offsets = (records * (records - 1)) / 2
      if (count !== records || sum !== (how === 'typed' ? records * firstJob + offsets : offsets)) {
        throw new Error(`${where}, ${how}: ${count} of ${records} came, sum ${sum}`)
      }
      return records / seconds
    },
    async stop(): Promise<void> {
      const hub = serverPid === undefined ? '' : `, hub ${peakMibOf(serverPid).toFixed(0)}`
      console.log(`  ${where}: peak MiB: this process ${peakMibOf(child.process.pid ?? 0).toFixed(0)}${hub}`)
      await ended(child)
    },
  }
}

async function ended(child: Child): Promise<void> {
  if (child.process.exitCode !== null) return
  const gone = once(child.process, 'exit')
  child.stop()
  await gone
}

function dirFor(name: string): string | undefined {
  if (!onDisk) return undefined
  const dir = join(base, name)
  mkdirSync(dir)
  return dir
}

const hub = await durableHub(dirFor('hub'))
try {
  if (typeof hub === 'string') console.log(`  skipped: through a hub: ${hub}`)
  else contestants.push(await contestant('over TCP', hub.url, undefined, hub.pid))
  contestants.push(await contestant('in process', 'memory:', dirFor('own'), undefined))
  const able = contestants.filter((each) => each !== undefined)
  for (const each of able) await each.append()
  await compare(
    `replay of ${records} records of 250 bytes`,
    (['typed', 'seam'] as const).flatMap((how) =>
      able.map((each) => ({
        name: `${how === 'typed' ? 'typed' : 'bytes at the seam'}, ${each.where}`,
        run: () => each.replay(how),
      })),
    ),
    rounds,
  )
} finally {
  for (const each of contestants) await each?.stop()
  if (typeof hub !== 'string') await hub.stop()
  rmSync(base, { recursive: true, force: true })
}
