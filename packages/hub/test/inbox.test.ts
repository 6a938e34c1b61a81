// One connection's reader: how much it takes per turn, and what it counts.

import { frameType } from '@busbar/protocol'
import { systemClock } from 'busbar/transport'
import { expect, it } from 'vitest'
import { inboundBudget } from '../src/inbound-budget.js'
import { Inbox } from '../src/session/inbox.js'
import { frame } from './raw-peer.js'

function reader(maxFrameBytes = 1_000_000) {
  const seen = { frames: 0, paused: 0, resumed: 0, errors: [] as unknown[] }
  const budget = inboundBudget(2 * maxFrameBytes)
  const owner = {
    frame: () => void seen.frames++,
    failed: (error: unknown) => void seen.errors.push(error),
    pause: () => void seen.paused++,
    resume: () => void seen.resumed++,
  }
  return { seen, budget, inbox: new Inbox(owner, budget, systemClock, maxFrameBytes) }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const pings = (count: number): Uint8Array =>
  Buffer.concat(Array.from({ length: count }, () => frame(frameType.ping, new Uint8Array(4))))

it('F4 at most 256 frames are handled before others have their turn', async () => {
  const { seen, inbox } = reader()
  inbox.data(pings(1_000))
  expect(seen.frames).toBe(256)
  await turn()
  expect(seen.frames).toBe(512)
  while (seen.frames < 1_000) await turn()
})

it('F4 at most 1 MiB of frames is handled before others have their turn', () => {
  const { seen, inbox } = reader()
  const big = frame(frameType.publish, new Uint8Array(400_000))
  inbox.data(Buffer.concat([big, big, big, big, big]))
  expect(seen.frames).toBe(3)
})

it('a peer that sends faster than it is handled is paused and read again later', async () => {
  const { seen, inbox } = reader()
  inbox.data(pings(10_000))
  for (let more = 0; more < 10; more++) inbox.data(pings(10_000))
  expect(seen).toMatchObject({ paused: 1, resumed: 0 })
  while (seen.frames < 110_000) await turn()
  expect(seen).toMatchObject({ paused: 1, resumed: 1, errors: [] })
})

it('F5 what a closed connection had received counts no more', () => {
  const { budget, inbox } = reader()
  inbox.data(frame(frameType.publish, new Uint8Array(500)).subarray(0, 200))
  expect(budget.usedBytes).toBe(200)
  inbox.close()
  inbox.data(pings(1))
  expect(budget.usedBytes).toBe(0)
})

it('F3 a body of 10 MB in chunks of one byte is one frame, long before a quadratic reader would be done', async () => {
  const { seen, budget, inbox } = reader(16 * 1024 * 1024)
  const bytes = frame(frameType.publish, new Uint8Array(10_000_000))
  for (let at = 0; at < bytes.length - 1; at++) inbox.data(bytes.subarray(at, at + 1))
  expect([seen.frames, budget.usedBytes]).toEqual([0, bytes.length - 1])
  inbox.data(bytes.subarray(bytes.length - 1))
  await turn()
  expect([seen.frames, budget.usedBytes, seen.errors]).toEqual([1, 0, []])
}, 60_000)
