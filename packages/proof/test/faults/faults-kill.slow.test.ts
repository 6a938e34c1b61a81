/** kill -9 at system calls: between write and sync, sync and receipt, receipt and delivery, delivery and ack, and so on. */

import { join } from 'node:path'
import { type Bus, isBusError } from 'busbar'
import { expect } from 'vitest'
import { clientOf, insist, watched } from './client.js'
import { FaultHub, type Launch } from './fault-hub.js'
import { attach, type Injection } from './strace.js'
import { cleanUp, itNeeds } from './tools.js'
import { faults } from './topics.js'
import { pause } from './workload.js'

const { fresh, later } = cleanUp()
const killed = { code: null, signal: 'SIGKILL' }

async function startHub(settings?: Launch['settings']): Promise<FaultHub> {
  const hub = new FaultHub({ dir: join(fresh(), 'data'), ...(settings !== undefined && { settings }) })
  await hub.start()
  later(() => hub.kill())
  return hub
}

/** The hub dies instead of its next such call. */
const dieAt = (hub: FaultHub, calls: string, rest: Partial<Injection> = {}): Promise<unknown> =>
  attach(hub.pid, { calls, what: 'signal=SIGKILL:when=1', ...rest })

const inspect = (bus: Bus) => insist(() => bus.inspect(faults.jobs))

/** One publish during which the hub dies; it is resent by itself, and then there is one. */
async function expectOne(calls: string, isStored: boolean, mainThread = false): Promise<void> {
  const hub = await startHub()
  await using bus = await clientOf(hub)
  await bus.send(faults.jobs, { n: 0 })
  await dieAt(hub, calls, { mainThread })
  const sending = watched(bus.send(faults.jobs, { n: 1 }))
  expect(await hub.exit).toEqual(killed)
  expect(sending.isSettled).toBe(false)
  await hub.start()
  const receipt = await sending.promise
  expect(receipt.level).toBe('durable')
  // Written data outlives the process, if not the machine.
  expect(receipt.duplicate ?? false).toBe(isStored)
  expect(await inspect(bus)).toMatchObject({ received: 2, ready: 2 })
}

itNeeds(['strace'], 'F44 F57 D1 killed before the write', () => expectOne('pwrite64', false))
itNeeds(['strace'], 'F44 F57 D1 killed between write and sync', () => expectOne('fdatasync', true))
itNeeds(['strace'], 'F44 F57 D1 killed between sync and receipt', () => expectOne('write,writev', true, true))

itNeeds(['strace'], 'F44 Q4 killed between receipt and delivery', async () => {
  const hub = await startHub()
  await using producer = await clientOf(hub)
  await producer.send(faults.jobs, { n: 0 })
  await using worker = await clientOf(hub)
  await dieAt(hub, 'write,writev', { mainThread: true, what: 'signal=SIGKILL:when=2' })
  // The first write answers the declaration; the delivery can come with the second at the earliest.
  const seen: string[] = []
  const working = insist(() =>
    worker.work(faults.jobs, (_, { attempt, acquired }) => void seen.push(`${attempt} ${acquired}`)),
  )
  expect(await hub.exit).toEqual(killed)
  expect(seen).toEqual([])
  await hub.start()
  await working
  while (seen.length === 0) await pause(5)
  expect(seen[0]).toMatch(/^1 /)
  await worker.close()
  expect(await inspect(producer)).toMatchObject({ received: 1, done: 1, dead: 0 })
})

/** A message in hand, whose hub dies at such a call of its ack. */
async function killedAtAck(calls: string, mainThread: boolean): Promise<{ again: string[]; done: number }> {
  const hub = await startHub()
  await using producer = await clientOf(hub)
  await using worker = await clientOf(hub)
  await producer.send(faults.jobs, { n: 0 })
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const seen: string[] = []
  await worker.work(faults.jobs, async (_, { attempt, acquired }) => {
    seen.push(`${attempt} ${acquired}`)
    if (seen.length === 1) await finished
  })
  while (seen.length === 0) await pause(5)
  await dieAt(hub, calls, { mainThread })
  finish()
  // An ack that nobody waits for has no answer: asking for one is what the hub would say next.
  const asking = producer.inspect(faults.jobs).catch((error: unknown) => isBusError(error))
  expect(await hub.exit).toEqual(killed)
  await asking
  await hub.start()
  const known = insist(() => producer.inspect(faults.jobs))
  await known
  while ((await inspect(producer)).done === 0) await pause(5)
  await worker.close()
  const { done, dead, received } = await inspect(producer)
  expect({ dead, received }).toEqual({ dead: 0, received: 1 })
  return { again: seen.slice(1), done }
}

itNeeds(
  ['strace'],
  'F44 F58 Q4 killed between delivery and ack, it comes again as the same attempt',
  async () => {
    expect(await killedAtAck('pwrite64', true)).toEqual({ again: ['1 2'], done: 1 })
  },
)

itNeeds(['strace'], 'F44 killed between the write of an ack and its sync, it is over', async () => {
  expect(await killedAtAck('fdatasync', false)).toEqual({ again: [], done: 1 })
})
