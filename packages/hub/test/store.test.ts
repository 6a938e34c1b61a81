// A hub with a store: receipts follow the disk, the end waits for it, a restart finds everything.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  frameType,
  readDeliver,
  readReceipts,
  readsAcquired,
  writeConsume,
  writeCredit,
  writePublish,
} from '@busbar/protocol'
import { type Channel, isBusError } from 'busbar/transport'
import { expect, it } from 'vitest'
import { createHub, type Hub, type HubOptions } from '../src/index.js'
import { failSyncs } from './broken-disk.js'
import { until, within } from './bystander.js'
import { channelNamed, messageTo, type RawPeer, rawPeer, readyPeer } from './raw-peer.js'
import { tempDir } from './temp-dir.js'

const plain = channelNamed('store.queue', 'queue')
const queue: Channel = { ...plain, guarantees: { ...plain.guarantees, durable: true, dedupeMs: 60_000 } }

const open = (dir: string, more: Partial<HubOptions> = {}): Promise<Hub> =>
  createHub({
    tcp: { port: 0 },
    store: { dir, minFreeBytes: 0 },
    limits: { drainTimeoutMs: 2_000 },
    ...more,
  })

function publish(peer: RawPeer, sequence: number, message = messageTo(queue.name)): void {
  writePublish(peer.writer, 1, sequence, { channel: queue, message })
}

/** Receipts until they cover `last`, in the order in which they came. */
async function receiptsUpTo(peer: RawPeer, last: number): Promise<ReturnType<typeof readReceipts>[]> {
  const runs: ReturnType<typeof readReceipts>[] = []
  for (let end = 0; end < last; ) {
    const { body, flags } = await within(4_000, peer.next(frameType.receipts))
    const run = readReceipts(body, flags)
    runs.push(run)
    end = run.first + run.count - 1
  }
  return runs
}

function consume(peer: RawPeer, credit: number): void {
  const spec = { pattern: queue.name, group: undefined, concurrency: credit }
  writeConsume(peer.writer, { request: 2, consumerId: 1, channelId: 1, spec })
  writeCredit(peer.writer, 1, credit)
  peer.flush()
}

async function delivered(peer: RawPeer): Promise<ReturnType<typeof readDeliver>> {
  const { body, flags } = await within(4_000, peer.next(frameType.deliver))
  body.u32()
  return readDeliver(body, flags, queue)
}

const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => undefined,
    (error: unknown) => (isBusError(error) ? error.code : error),
  )

it('F84 refuses durable channels without a store and says what gives it one', async () => {
  await using hub = await createHub({ tcp: { port: 0 } })
  const peer = await readyPeer(hub.tcpUrl)
  expect(await codeOf(peer.declare(1, queue))).toBe('UNSUPPORTED')
  const attempt = hub.memory({
    service: 's',
    instance: 'i',
    clock: { now: () => 0, monotonic: () => 0, after: () => ({ cancel() {} }) },
    random: () => 0.5,
    onState() {},
  })
  expect((await attempt).capabilities.features.durable).toBe('none')
  expect(hub.inspect().store).toBeUndefined()
})

it('Q1 says that it is durable, and receipts runs of what is on disk in order', async () => {
  await using hub = await open(tempDir())
  const peer = await rawPeer(hub.tcpUrl)
  expect(await peer.hello()).toMatchObject({ durable: true })
  await peer.declare(1, queue)
  for (let sequence = 1; sequence <= 1_000; sequence++) publish(peer, sequence)
  peer.flush()
  const runs = await receiptsUpTo(peer, 1_000)
  let next = 1
  for (const { first, count, level, duplicate } of runs) {
    expect([first, level, duplicate]).toEqual([next, 'durable', false])
    next = first + count
  }
  expect(runs.length).toBeLessThan(200)
  expect(hub.inspect()).toMatchObject({
    store: { refusal: undefined },
    channels: { [queue.name]: { received: 1_000, ready: 1_000 } },
  })
})

it('Q1 knows the channels of earlier runs before anybody declares them', async () => {
  const dir = tempDir()
  const first = await open(dir)
  const peer = await readyPeer(first.tcpUrl)
  await peer.declare(1, queue)
  publish(peer, 1)
  peer.flush()
  await receiptsUpTo(peer, 1)
  await first.close()
  await using second = await open(dir)
  expect(second.inspect().channels).toMatchObject({ [queue.name]: { received: 1, ready: 1 } })
})

it('D1 F57 answers a publish whose connection broke before its receipt on the next one, and stores it once', async () => {
  await using hub = await open(tempDir())
  const first = await rawPeer(hub.tcpUrl)
  const { session } = await first.hello()
  await first.declare(1, queue)
  const messages = Array.from({ length: 50 }, () => messageTo(queue.name))
  for (const [index, message] of messages.entries()) publish(first, index + 1, message)
  first.flush()
  await until(() => (hub.inspect().channels[queue.name]?.received ?? 0) > 0)
  first.socket.destroy()
  const second = await rawPeer(hub.tcpUrl)
  const { resumed, lastSequence } = await second.hello('', { session })
  expect(resumed).toBe(true)
  expect(lastSequence).toBeGreaterThan(0)
  await second.declare(1, queue)
  for (const [index, message] of messages.entries()) publish(second, index + 1, message)
  second.flush()
  const levels = new Set((await receiptsUpTo(second, 50)).map(({ level }) => level))
  expect([...levels]).toEqual(['durable'])
  expect(hub.inspect().channels[queue.name]).toMatchObject({ received: 50 })
})

it('F87 gives the receipts of everything it took in before it closes', async () => {
  const dir = tempDir()
  const hub = await open(dir)
  const peer = await readyPeer(hub.tcpUrl)
  await peer.declare(1, queue)
  for (let sequence = 1; sequence <= 100; sequence++) publish(peer, sequence)
  peer.flush()
  await until(() => hub.inspect().channels[queue.name]?.received === 100)
  await hub.close()
  await receiptsUpTo(peer, 100)
  await using again = await open(dir)
  expect(again.inspect().channels[queue.name]).toMatchObject({ received: 100, ready: 100 })
})

it('Q4 F87 a stop of the hub is no failed try; how often a message was handed out is told to those who read it', async () => {
  const dir = tempDir()
  const first = await open(dir, { limits: { drainTimeoutMs: 10 } })
  const worker = await readyPeer(first.tcpUrl)
  await worker.declare(1, queue)
  publish(worker, 1)
  consume(worker, 1)
  expect(await delivered(worker)).toMatchObject({ attempt: 1, acquired: 1 })
  await first.close()
  const second = await open(dir, { limits: { drainTimeoutMs: 10 } })
  const reader = await rawPeer(second.tcpUrl)
  await reader.hello('', { features: [readsAcquired] })
  await reader.declare(1, queue)
  consume(reader, 1)
  expect(await delivered(reader)).toMatchObject({ attempt: 1, acquired: 2 })
  await second.close()
  await using third = await open(dir, { limits: { drainTimeoutMs: 10 } })
  const old = await readyPeer(third.tcpUrl)
  await old.declare(1, queue)
  consume(old, 1)
  // It reads the message where it expects it.
  expect(await delivered(old)).toMatchObject({ attempt: 1, acquired: 1, message: { address: queue.name } })
})

it('F47 F48 a store that cannot be opened leaves nothing open and the first hub untouched', async () => {
  const dir = tempDir()
  const file = join(tempDir(), 'file')
  writeFileSync(file, 'no store')
  await using first = await open(dir)
  const port = Number(new URL(first.tcpUrl ?? '').port)
  expect(await codeOf(open(dir))).toBe('STORE_LOCKED')
  expect(await codeOf(open(file))).toBe('STORE_UNUSABLE')
  expect(await codeOf(open(dir, { store: { dir: '' } }))).toBe('INVALID_OPTION')
  // The store comes before the ports: it is free again when one of them is taken.
  const other = tempDir()
  expect(await codeOf(open(other, { tcp: { port } }))).toBe('ADDRESS_IN_USE')
  await using second = await open(other)
  expect(second.inspect().store).toEqual({ refusal: undefined })
  const peer = await readyPeer(first.tcpUrl)
  await peer.declare(1, queue)
})

it('F44 after a failed sync nothing is receipted, every connection ends, and the hub says why', async () => {
  const events: string[] = []
  const hub = await open(tempDir(), { log: (level, event) => void (level === 'error' && events.push(event)) })
  const peer = await readyPeer(hub.tcpUrl)
  await peer.declare(1, queue)
  publish(peer, 1)
  peer.flush()
  await receiptsUpTo(peer, 1)
  const inProcess = await hub.memory({
    service: 's',
    instance: 'i',
    clock: { now: () => 0, monotonic: () => 0, after: () => ({ cancel() {} }) },
    random: () => 0.5,
    onState: (state) => events.push(state),
  })
  failSyncs()
  publish(peer, 2)
  peer.flush()
  expect((await within(4_000, hub.failed)).code).toBe('STORE_FAILED')
  // No receipt, no refusal, no farewell: whatever is said now may be wrong.
  expect(await peer.end()).toBeUndefined()
  expect(peer.frames.filter(({ type }) => type !== frameType.ping)).toEqual([])
  const { signal } = new AbortController()
  const late = inProcess.publish({ channel: queue, message: messageTo(queue.name) }, signal)
  expect(await codeOf(Promise.resolve(late))).toBe('STORE_FAILED')
  expect(events).toEqual(['store-failed', 'lost'])
  expect(await codeOf(rawPeer(hub.tcpUrl))).toMatchObject({ code: 'ECONNREFUSED' })
  await hub.close()
})
