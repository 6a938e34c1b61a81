/** Clients that die without a word: consumers in their handlers, publishers before and after their receipts. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemClock } from 'busbar'
import { expect, it } from 'vitest'
import { clientOf } from './client.js'
import { ConsumerProcess } from './consumer-process.js'
import { FaultHub } from './fault-hub.js'
import { cleanUp } from './tools.js'
import { faults } from './topics.js'
import { pause } from './workload.js'

const { fresh, later } = cleanUp()

async function startHub(): Promise<FaultHub> {
  const hub = new FaultHub({ dir: join(fresh(), 'data') })
  await hub.start()
  later(() => hub.kill())
  return hub
}

it('F46 Q3 ten leases of a consumer that is killed are in other hands within a second', async () => {
  const hub = await startHub()
  await using bus = await clientOf(hub)
  const victim = new ConsumerProcess({ url: hub.url, topic: 'jobs', concurrency: 10 })
  later(() => victim.kill())
  await victim.until('working')
  for (let n = 0; n < 10; n++) await bus.send(faults.jobs, { n })
  await victim.untilCount((said) => said.filter((line) => line.startsWith('began')).length === 10)
  const seen: string[] = []
  const worker = await bus.work(
    faults.jobs,
    ({ n }, { attempt, acquired }) => void seen.push(`${n} ${attempt} ${acquired}`),
    { concurrency: 10 },
  )
  const begun = systemClock.monotonic()
  await victim.kill()
  while (seen.length < 10) await pause(1)
  const took = systemClock.monotonic() - begun
  console.log(`ten leases in other hands after ${took.toFixed(0)} ms`)
  expect(took).toBeLessThan(1000)
  await worker.close()
  expect(seen.sort()).toEqual(Array.from({ length: 10 }, (_, n) => `${n} 2 2`))
})

it('F52 Q4 a client that is killed in a handler fails its message once, and none that it had not begun', async () => {
  const hub = await startHub()
  await using bus = await clientOf(hub)
  const victim = new ConsumerProcess({ url: hub.url, topic: 'jobs', concurrency: 1 })
  later(() => victim.kill())
  await victim.until('working')
  for (let n = 0; n < 20; n++) await bus.send(faults.jobs, { n })
  await victim.until('began 0 1 1')
  const seen = new Map<number, number>()
  const worker = await bus.work(faults.jobs, ({ n }, { attempt }) => void seen.set(n, attempt))
  await victim.kill()
  while (seen.size < 20) await pause(1)
  await worker.close()
  expect([...seen].sort(([a], [b]) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, n) => [n, n === 0 ? 2 : 1]),
  )
  expect(await bus.inspect(faults.jobs)).toMatchObject({ received: 20, done: 20, dead: 0 })
})

it('F63 Q4 a message that kills its consumer each time becomes a dead letter, and the others go on', async () => {
  const hub = await startHub()
  await using bus = await clientOf(hub)
  await bus.send(faults.jobs, { n: 0 })
  for (let life = 1; life <= 5; life++) {
    const victim = new ConsumerProcess({ url: hub.url, topic: 'jobs', concurrency: 1 })
    later(() => victim.kill())
    await victim.untilCount((said) => said.includes(`began 0 ${life} ${life}`))
    await victim.kill()
  }
  while ((await bus.inspect(faults.jobs)).dead === 0) await pause(5)
  const letters = []
  for await (const { payload, attempts } of bus.deadLetters(faults.jobs)) letters.push({ payload, attempts })
  expect(letters).toEqual([{ payload: { n: 0 }, attempts: 5 }])
})

it('D1 a publisher that is killed leaves what was receipted once, and at most one of the rest', async () => {
  const hub = await startHub()
  await using bus = await clientOf(hub)
  const program = fileURLToPath(new URL('./publisher.mjs', import.meta.url))
  const receipted = new Set<string>()
  for (let life = 0; life < 3; life++) {
    const child = spawn(process.execPath, [program, hub.url, String(life)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    later(() => child.kill('SIGKILL'))
    const gone = once(child, 'exit')
    createInterface(child.stdout).on('line', (line) => {
      receipted.add(line)
      if (receipted.size === (life + 1) * 200) child.kill('SIGKILL')
    })
    await gone
  }
  const seen: string[] = []
  const worker = await bus.work(faults.jobs, (_, { id }) => void seen.push(id), { concurrency: 16 })
  const { received } = await bus.inspect(faults.jobs)
  while (seen.length < received) await pause(5)
  await worker.close()
  expect(new Set(seen).size).toBe(seen.length)
  for (const id of receipted) expect(seen, id).toContain(id)
  // What was receipted by its next life under the same id was there once.
  expect(await bus.send(faults.jobs, { n: 0 }, { id: 'p0-0' })).toMatchObject({ duplicate: true })
})
