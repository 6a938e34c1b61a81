/** A disk that fills up: publishers hear of it, consumers go on, and it heals by itself. */

import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tcp } from '@busbar/tcp'
import { type Bus, createBus, isBusError, systemClock } from 'busbar'
import type { Transport } from 'busbar/transport'
import { expect } from 'vitest'
import { clientOf, insist } from './client.js'
import { FaultHub } from './fault-hub.js'
import { cleanUp, itNeeds, system } from './tools.js'
import { faults } from './topics.js'
import { pause } from './workload.js'

const { fresh, later } = cleanUp()
const mebibyte = 1_048_576
const filler = 'x'.repeat(256 * 1024)

/** A disk of its own for the hub. */
function mounted(size: string): string {
  const disk = fresh()
  system('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk)
  later(() => system('umount', '--lazy', disk))
  return disk
}

const freeBytes = (disk: string): number => {
  const { bavail, bsize } = statfsSync(disk)
  return bavail * bsize
}

async function startHub(disk: string, minFree: number): Promise<FaultHub> {
  const hub = new FaultHub({ dir: join(disk, 'data'), flags: ['--min-free', String(minFree)] })
  await hub.start()
  later(() => hub.kill())
  return hub
}

/** Sends until it is refused; gives what was receipted. */
async function fill(bus: Bus, from: number): Promise<number[]> {
  const receipted: number[] = []
  for (let n = from; ; n++) {
    try {
      await bus.send(faults.forgotten, { n, filler })
      receipted.push(n)
    } catch (error) {
      expect(isBusError(error, 'STORE_FULL') && error.outcome).toBe('rejected')
      return receipted
    }
  }
}

/** Sends until it is taken. */
async function sendWhenThereIsRoom(bus: Bus, n: number): Promise<void> {
  for (;;) {
    try {
      expect((await bus.send(faults.forgotten, { n })).level).toBe('durable')
      return
    } catch (error) {
      expect(isBusError(error, 'STORE_FULL') && error.outcome).toBe('rejected')
      await pause(50)
    }
  }
}

/** The bus has no verb for it; the wire below has. */
async function purge(url: string): Promise<number> {
  let below: Transport | undefined
  const transport = tcp({ url })
  await using bus = await createBus({
    service: 'keeper',
    transport: async (host) => {
      below = await transport(host)
      return below
    },
  })
  await bus.declare(faults)
  const answer = await below?.manage(faults.forgotten.channel, { op: 'purge' }, new AbortController().signal)
  return answer?.count ?? 0
}

async function consumed(bus: Bus, count: number): Promise<number[]> {
  const seen: number[] = []
  const take = ({ n }: { n: number }): void => void seen.push(n)
  const worker = await insist(() => bus.work(faults.forgotten, take, { concurrency: 8 }))
  while (seen.length < count) await pause(10)
  await worker.close()
  return seen.sort((a, b) => a - b)
}

itNeeds(
  ['mount'],
  'F48 a nearly full disk refuses publishes at once, and what is consumed makes room',
  async () => {
    const disk = mounted('224m')
    const minFree = 48 * mebibyte
    const hub = await startHub(disk, minFree)
    await using bus = await clientOf(hub)
    const receipted = await fill(bus, 0)
    expect(freeBytes(disk)).toBeGreaterThan(minFree - 20 * mebibyte)
    const begun = systemClock.monotonic()
    await expect(bus.send(faults.forgotten, { n: -1 })).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(systemClock.monotonic() - begun).toBeLessThan(1000)
    // What needs no disk goes on as before.
    expect((await bus.publish(faults.passing, { n: 0 })).level).toBe('accepted')
    expect((await bus.inspect(faults.forgotten)).ready).toBe(receipted.length)
    expect(await consumed(bus, receipted.length)).toEqual(receipted)
    await sendWhenThereIsRoom(bus, receipted.length)
    expect(hub.events.filter((event) => event.startsWith('store-'))).toEqual(['store-full', 'store-has-room'])
    await hub.kill()
    await hub.start()
    expect(await consumed(bus, 1)).toEqual([receipted.length])
  },
)

itNeeds(['mount'], 'F48 a purge makes room as well', async () => {
  const disk = mounted('224m')
  const hub = await startHub(disk, 48 * mebibyte)
  await using bus = await clientOf(hub)
  const receipted = await fill(bus, 0)
  expect((await bus.inspect(faults.forgotten)).ready).toBe(receipted.length)
  expect(await purge(hub.url)).toBe(receipted.length)
  await sendWhenThereIsRoom(bus, 0)
})

itNeeds(
  ['mount'],
  'F48 a disk that somebody else fills to the last byte loses nothing, and heals',
  async () => {
    const disk = mounted('48m')
    const hub = await startHub(disk, 2 * mebibyte)
    await using bus = await clientOf(hub)
    const receipted: number[] = []
    const outcomes: Promise<void>[] = []
    let isFull = false
    const send = (n: number): void => {
      const sent = bus.send(faults.forgotten, { n, filler }).then(
        () => void receipted.push(n),
        (error: unknown) => {
          expect(isBusError(error, 'STORE_FULL') && error.outcome).toBe('rejected')
          isFull = true
        },
      )
      outcomes.push(sent)
    }
    let n = 0
    for (; n < 8; n++) send(n)
    await Promise.all(outcomes)
    // Somebody takes all but the last few pages, at once: the mark is not looked at for each message.
    const other = join(disk, 'other')
    writeFileSync(other, Buffer.alloc(freeBytes(disk) - mebibyte))
    for (; n < 40; n++) send(n)
    while (!isFull) await pause(10)
    expect(freeBytes(disk)).toBeLessThan(2 * mebibyte)
    rmSync(other)
    await Promise.all(outcomes)
    await sendWhenThereIsRoom(bus, n)
    receipted.push(n)
    expect(receipted.length).toBeGreaterThan(8)
    await hub.kill()
    await hub.start()
    expect((await insist(() => bus.inspect(faults.forgotten))).received).toBe(receipted.length)
    expect(await consumed(bus, receipted.length)).toEqual(receipted.sort((a, b) => a - b))
    expect(hub.lines).toEqual([])
  },
)
