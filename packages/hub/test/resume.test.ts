// A session that is resumed: each publish that is sent again is told what really became of it.

import { FrameReader, frameType, readError, readReceipts, writePublish } from '@busbar/protocol'
import { ManualClock } from 'busbar/testing'
import { expect, it } from 'vitest'
import { createHub } from '../src/index.js'
import { hubWithBystander, until } from './bystander.js'
import { channelNamed, messageTo, rawPeer } from './raw-peer.js'

const event = channelNamed('resume.event', 'event')
const narrow = { ...event, guarantees: { ...event.guarantees, maxBytes: 1 } }

it('Q1 a refusal that the hub has forgotten does not come back as a receipt', async () => {
  const { hub } = await hubWithBystander()
  const first = await rawPeer(hub.tcpUrl)
  const { session } = await first.hello()
  await first.declare(1, narrow)
  const publish = (peer: typeof first, sequence: number, body: string): void => {
    writePublish(peer.writer, 1, sequence, { channel: event, message: messageTo(event.name, body) })
  }
  for (let sequence = 1; sequence <= 5_000; sequence++) publish(first, sequence, '{}')
  publish(first, 5_001, '1')
  first.flush()
  await first.next(frameType.receipts)
  first.socket.destroy()
  await until(() => hub.inspect().resumable === 1)

  const second = await rawPeer(hub.tcpUrl)
  expect(await second.hello('', { session })).toMatchObject({ resumed: true, lastSequence: 5_001 })
  await second.declare(1, narrow)
  for (const sequence of [1, 5_000]) publish(second, sequence, '{}')
  publish(second, 5_001, '1')
  second.flush()
  const codes = []
  for (const _ of [1, 2]) {
    const { body } = await second.next(frameType.refused)
    const sequence = body.u48()
    codes.push([sequence, readError(new FrameReader().reset(body.data, body.position)).code])
  }
  expect(codes).toEqual([
    [1, 'DISCONNECTED'],
    [5_000, 'TOO_LARGE'],
  ])
  const { body, flags } = await second.next(frameType.receipts)
  expect(readReceipts(body, flags)).toMatchObject({ first: 5_001, count: 1, duplicate: true })
})

it('F85 a session that nobody resumes in time is forgotten, though nobody connects any more', async () => {
  const clock = new ManualClock()
  await using hub = await createHub({ tcp: { port: 0 }, clock, limits: { resumeMs: 10_000 } })
  const peer = await rawPeer(hub.tcpUrl)
  await peer.hello()
  peer.socket.destroy()
  await until(() => hub.inspect().resumable === 1)
  clock.advance(9_000)
  expect(hub.inspect().resumable).toBe(1)
  clock.advance(2_000)
  expect(hub.inspect().resumable).toBe(0)
})
