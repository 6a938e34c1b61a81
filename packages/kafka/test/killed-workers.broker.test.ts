/** Processes of workers that are killed while messages flow: the others take over, and nothing is lost. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contract, createBus, queue, stream } from 'busbar'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { kafka } from '../src/index.js'
import { startKafka } from './support/server.js'

const program = fileURLToPath(new URL('./children/worker.mjs', import.meta.url))
const Step = z.object({ key: z.string(), n: z.int() })
const key = (step: z.infer<typeof Step>): string => step.key
const doomed = contract('doomed', {
  shared: queue(Step),
  ordered: queue(Step, { key }),
  stream: stream(Step, { key }),
})
const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
/** Brokers wait 45 s for a silent member of a consumer group, and do not let it be less. */
const soon = [
  ...['group.consumer.session.timeout.ms=4000', 'group.consumer.min.session.timeout.ms=4000'],
  ...['group.consumer.heartbeat.interval.ms=1000', 'group.consumer.min.heartbeat.interval.ms=1000'],
]

interface Line {
  readonly worker: string
  readonly key: string
  readonly n: number
}

/** What all workers wrote, in the order in which they did. */
function journal() {
  const dir = mkdtempSync(join(tmpdir(), 'busbar-killed-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'handled')
  writeFileSync(file, '')
  const all = (): Line[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const [worker = '', own = '', n = ''] = line.split(' ')
        return { worker, key: own, n: Number(n) }
      })
  const until = (is: (lines: readonly Line[]) => boolean): Promise<unknown> =>
    expect.poll(() => is(all()), { timeout: 60_000 }).toBe(true)
  return { file, all, until }
}

/** Gives the function that kills it once it works and has handled so much. */
async function worker(
  { url, kind, partitions }: { url: string; kind: string; partitions: number },
  name: string,
  { file, until, all }: ReturnType<typeof journal>,
) {
  const child = spawn(process.execPath, [program, url, kind, name, file, String(partitions)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const own = (lines: readonly Line[]): Line[] => lines.filter((line) => line.worker === name)
  await until((lines) => own(lines).length > 0)
  return async (after: number): Promise<void> => {
    const before = own(all()).length
    await until((lines) => own(lines).length > before + after)
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
}

/** Sends one number after the other of each key until it is stopped, a little ahead of the workers. */
function publisher(send: (step: z.infer<typeof Step>) => Promise<unknown>, handled: () => readonly Line[]) {
  let isOver = false
  const sending = (async () => {
    let n = 0
    for (; !isOver; n += 1) {
      await expect.poll(() => handled().length, { timeout: 60_000 }).toBeGreaterThan((n - 50) * keys.length)
      await Promise.all(keys.map((one) => send({ key: one, n })))
    }
    return n
  })()
  return {
    /** Resolves with how many each key has got. */
    stop() {
      isOver = true
      return sending
    },
  }
}

describeBroker('kafka', 'killed workers', () => {
  it.each([
    ['shared', 1],
    ['ordered', 4],
    ['stream', 1],
  ] as const)(
    'Q1 Q3 O1 F44 kill -9 of workers under load: %s',
    async (kind, partitions) => {
      await using server = await startKafka(soon)
      const { url } = server
      const bus = await createBus({ service: 'sender', transport: kafka({ url, partitions }) })
      onTestFinished(() => bus.close())
      const lines = journal()
      const first = await worker({ url, kind, partitions }, 'first', lines)
      const second = await worker({ url, kind, partitions }, 'second', lines)
      const flow = publisher(
        (step) => (kind === 'stream' ? bus.append(doomed.stream, step) : bus.send(doomed[kind], step)),
        lines.all,
      )
      await first(200)
      await second(200)
      await worker({ url, kind, partitions }, 'third', lines)
      const before = lines.all().length
      await lines.until((all) => all.length > before + 200)
      const each = await flow.stop()
      const wanted = new Set(keys.flatMap((one) => Array.from({ length: each }, (_, n) => `${one} ${n}`)))
      await lines.until((all) => {
        for (const { key: one, n } of all) wanted.delete(`${one} ${n}`)
        return wanted.size === 0
      })
      if (kind !== 'shared') expect(skips(lines.all())).toEqual([])
    },
    240_000,
  )
})

/** Where a key went on before what comes earlier was handled; a number that comes again begins anew from there. */
function skips(lines: readonly Line[]): Line[] {
  const next = new Map<string, number>()
  return lines.filter((line) => {
    if (line.key === 'ready') return false
    const due = next.get(line.key) ?? 0
    next.set(line.key, line.n + 1)
    return line.n > due
  })
}
