// What a hub says of durable channels it says when it is on disk: receipts, the end of a consumer, purges.

import {
  type FrameReader,
  frameType,
  readDeliver,
  readReceipts,
  writeBeat,
  writeConsume,
  writeCredit,
  writeManage,
  writePublish,
  writeStop,
  writeTokens,
} from '@busbar/protocol'
import type { Channel } from 'busbar/transport'
import { expect, it, onTestFinished } from 'vitest'
import { createHub } from '../src/index.js'
import { holdSyncs } from './broken-disk.js'
import { within } from './bystander.js'
import { channelNamed, messageTo, type RawPeer, readyPeer } from './raw-peer.js'
import { tempDir } from './temp-dir.js'

const plain = channelNamed('sync.queue', 'queue')
const queue: Channel = { ...plain, guarantees: { ...plain.guarantees, durable: true } }

async function scene(): Promise<RawPeer> {
  const hub = await createHub({
    tcp: { port: 0 },
    store: { dir: tempDir(), minFreeBytes: 0 },
    limits: { drainTimeoutMs: 100 },
  })
  onTestFinished(() => hub.close())
  const peer = await readyPeer(hub.tcpUrl)
  await peer.declare(1, queue)
  return peer
}

/** Resolves when the hub has handled everything before, and its turn is over. */
async function roundTrip(peer: RawPeer): Promise<void> {
  for (let round = 0; round < 3; round++) {
    writeBeat(peer.writer, frameType.ping, round)
    peer.flush()
    await within(4_000, peer.next(frameType.pong))
  }
}

/** Lets syncs go until a frame of this type has come. */
async function after(letGo: () => void, peer: RawPeer, type: number): Promise<FrameReader> {
  while (!peer.frames.some((frame) => frame.type === type)) {
    letGo()
    await roundTrip(peer)
  }
  return (await peer.next(type)).body
}

const types = (peer: RawPeer): number[] => peer.frames.map(({ type }) => type)

it('Q1 gives no receipt and no delivery before the sync has returned', async () => {
  const peer = await scene()
  const spec = { pattern: queue.name, group: undefined, concurrency: 1 }
  writeConsume(peer.writer, { request: 2, consumerId: 1, channelId: 1, spec })
  writeCredit(peer.writer, 1, 1)
  peer.flush()
  await peer.answer()
  const letGo = holdSyncs()
  writePublish(peer.writer, 1, 1, { channel: queue, message: messageTo(queue.name) })
  await roundTrip(peer)
  expect(types(peer)).toEqual([])
  const body = await after(letGo, peer, frameType.receipts)
  expect(readReceipts(body, 0)).toMatchObject({ first: 1, count: 1, level: 'durable' })
  await within(4_000, peer.next(frameType.deliver))
  letGo()
})

it('Q3 answers STOP, a purge, a redrive and a discard when all that came before is on disk', async () => {
  const peer = await scene()
  writePublish(peer.writer, 1, 1, { channel: queue, message: messageTo(queue.name) })
  const spec = { pattern: queue.name, group: undefined, concurrency: 1 }
  writeConsume(peer.writer, { request: 2, consumerId: 1, channelId: 1, spec })
  writeCredit(peer.writer, 1, 1)
  peer.flush()
  await peer.answer()
  const { body, flags } = await within(4_000, peer.next(frameType.deliver))
  body.u32()
  const { token } = readDeliver(body, flags, queue)
  await peer.next(frameType.receipts)
  const letGo = holdSyncs()
  writeTokens(peer.writer, frameType.ack, 1, [token])
  writeStop(peer.writer, 3, 1)
  for (const [request, op] of [
    [4, 'purge'],
    [5, 'dead.redrive'],
    [6, 'dead.discard'],
  ] as const) {
    writeManage(peer.writer, request, 1, { op })
  }
  // A question changes nothing and waits for nothing.
  writeManage(peer.writer, 7, 1, { op: 'inspect' })
  await roundTrip(peer)
  const early = peer.frames.filter(({ type }) => type === frameType.ok)
  expect(early.map((frame) => frame.body.u32())).toEqual([7])
  peer.frames.length = 0
  const answered = [(await after(letGo, peer, frameType.ok)).u32()]
  while (answered.length < 4) answered.push((await after(letGo, peer, frameType.ok)).u32())
  expect(answered).toEqual([3, 4, 5, 6])
  letGo()
})
