/** A server whose store is full: publishes say so, nothing that was confirmed is lost, and all goes on when there is room. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Channel, done, isBusError, type Transport } from 'busbar/transport'
import { expect, it, onTestFinished } from 'vitest'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, messageOf } from './channels.js'
import { consume, link, never, server } from './world.js'

const store = (most: string): string => `jetstream { store_dir: "{dir}/data", max_file_store: ${most} }`
const large = 'x'.repeat(10_000)

/** Publishes until it is refused; gives the ids of what was confirmed, and the refusal. */
async function fill(transport: Transport, channel: Channel) {
  const ids: string[] = []
  for (;;) {
    const message = messageOf(channel, large)
    try {
      ids.push((await transport.publish({ channel, message }, never)).id)
    } catch (error) {
      return { ids, refusal: isBusError(error) ? [error.code, error.outcome] : error, refused: message.id }
    }
  }
}

/** A disk of its own, of 4 MiB; undefined for who may not mount one. */
function smallDisk(): { readonly dir: string; grow(): void } | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'busbar-full-'))
  const mount = (options: string): unknown =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir], { stdio: 'ignore' })
  try {
    mount('size=4m')
  } catch {
    rmSync(dir, { recursive: true })
    return undefined
  }
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', dir])
    rmSync(dir, { recursive: true })
  })
  return { dir, grow: () => void mount('remount,size=64m') }
}

describeBroker('nats', 'a full store', () => {
  it('F48 beyond the limit of the server publishes are STORE_FULL, consumers go on, and make room for more', async () => {
    const { url } = await server(store('1MB'))
    const [sender, worker] = [await link({ url }), await link({ url })]
    const [queue, stream] = [channelOf('queue', 'a.bags'), channelOf('stream', 'a.radar')]
    const event = channelOf('event', 'a.landed')
    for (const channel of [queue, stream, event]) await sender.declare(channel, never)
    const { ids, refusal } = await fill(sender, queue)
    expect(refusal).toEqual(['STORE_FULL', 'rejected'])
    expect((await fill(sender, stream)).refusal).toEqual(['STORE_FULL', 'rejected'])

    const news = await consume(worker, event)
    await sender.publish({ channel: event, message: messageOf(event, 1) }, never)
    await news.until(1)
    const bags = await consume(worker, queue, { concurrency: 8 })
    await bags.until(ids.length)
    expect(bags.deliveries.map(({ message }) => message.id)).toEqual(ids)
    await worker.close(never)
    for (const channel of [queue, stream]) {
      const message = messageOf(channel, large)
      expect((await sender.publish({ channel, message }, never)).id).toBe(message.id)
    }
    expect(sender.states.all).toEqual([])
  })

  it('F64 what dies or fails where nothing more can be kept stays in its queue, and comes again when there is room', async () => {
    const { url } = await server(store('1MB'))
    const [sender, worker] = [await link({ url }), await link({ url })]
    const retry = { attempts: 100, backoff: 'fixed', initialMs: 0, maxMs: 0 } as const
    const queue = channelOf('queue', 'a.bags', { leaseMs: 500, retry })
    await sender.declare(queue, never)
    const { ids } = await fill(sender, queue)
    const [dead, failing] = ids
    const failure = { message: 'jammed' }
    let isRoomMade = false
    const waiting: (() => void)[] = []
    const bags = await consume(worker, queue, { concurrency: 256 }, ({ message: { id } }) => {
      if (id === dead) return { kind: 'reject', reason: 'rejected', failure }
      if (id === failing && !isRoomMade) return { kind: 'retry', afterMs: 0, failure }
      // Nothing leaves before both have come a second time.
      if (!isRoomMade) return new Promise((resolve) => waiting.push(() => resolve(done)))
      return done
    })
    const times = (id: string | undefined): number =>
      bags.deliveries.filter(({ message }) => message.id === id).length
    await expect.poll(() => Math.min(times(dead), times(failing)), { timeout: 20_000 }).toBeGreaterThan(1)
    isRoomMade = true
    for (const go of waiting) go()
    await expect
      .poll(async () => (await worker.manage(queue, { op: 'dead.list', limit: 10 }, never)).letters.length, {
        timeout: 20_000,
      })
      .toBe(1)
    await expect.poll(() => new Set(bags.deliveries.map(({ message }) => message.id)).size).toBe(ids.length)
    const { letters } = await worker.manage(queue, { op: 'dead.list', limit: 10 }, never)
    expect(letters.map(({ message }) => message.id)).toEqual([dead])
  })

  it('F48 a full disk below that limit leaves publishes without an answer, and after a restart with room all is there', async (test) => {
    const disk = smallDisk()
    if (disk === undefined) return test.skip('nobody may mount a disk here')
    await using broker = await startBroker('nats', { dir: disk.dir, config: store('1GB') })
    const options = { url: broker.url, answerTimeoutMs: 1_000 }
    const [transport, other] = [await link(options), await link(options)]
    const [queue, event] = [channelOf('queue', 'a.bags'), channelOf('event', 'a.landed')]
    for (const channel of [queue, event]) await transport.declare(channel, never)
    const news = await consume(other, event)
    const { ids, refusal, refused } = await fill(transport, queue)
    expect(refusal).toEqual(['TIMEOUT', 'unknown'])
    // The server no longer reads what the link says that has waited for the disk; others it serves.
    await other.declare(event, never)
    await other.publish({ channel: event, message: messageOf(event, 1) }, never)
    await news.until(1)

    disk.grow()
    await broker.restart()
    await transport.states.until('connected')
    const last = messageOf(queue, 'last')
    await transport.publish({ channel: queue, message: last }, never)
    const bags = await consume(transport, queue, { concurrency: 8 })
    const seen = (): string[] =>
      bags.deliveries.map(({ message }) => message.id).filter((id) => id !== refused)
    await expect.poll(seen, { timeout: 20_000 }).toContain(last.id)
    expect(seen()).toEqual([...ids, last.id])
  })
})
