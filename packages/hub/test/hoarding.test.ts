// What a client names itself is bounded in size and number, so that no peer fills the memory of the hub.

import {
  frameType,
  readAnswer,
  readDeliver,
  writeConsume,
  writeCredit,
  writeManage,
  writePublish,
  writeSettle,
} from '@busbar/protocol'
import { describe, expect, it } from 'vitest'
import { hubWithBystander } from './bystander.js'
import { channelNamed, messageTo, type RawPeer, readyPeer } from './raw-peer.js'

const event = channelNamed('hoard.event', 'event')
const queue = channelNamed('hoard.queue', 'queue')
const long = 'x'.repeat(100_000)

interface Asked {
  readonly pattern?: string
  readonly group?: string
  readonly buffer?: { readonly messages: number; readonly overflow: 'drop-oldest' }
}

function consume(peer: RawPeer, consumerId: number, asked: Asked): Promise<unknown> {
  writeConsume(peer.writer, {
    request: consumerId,
    consumerId,
    channelId: 1,
    spec: { pattern: event.name, group: undefined, concurrency: 1, ...asked },
  })
  peer.flush()
  return peer.answer()
}

describe('F30 what a client names', () => {
  it('topics of all connections together', async () => {
    const { hub, echo } = await hubWithBystander({ limits: { maxTopics: 2 } })
    const [one, two] = [await readyPeer(hub.tcpUrl), await readyPeer(hub.tcpUrl)]
    await one.declare(1, event)
    await expect(two.declare(1, queue)).rejects.toThrow('LIMIT_EXCEEDED')
    await two.declare(2, event)
    await echo()
  })

  it.each([
    ['a long fingerprint', { ...event, fingerprint: long }],
    ['a long path parameter', { ...event, params: [long] }],
  ])('%s is refused', async (_what, channel) => {
    const { hub, echo } = await hubWithBystander()
    const peer = await readyPeer(hub.tcpUrl)
    await expect(peer.declare(1, channel)).rejects.toThrow('CONTRACT_INVALID')
    await echo()
  })

  it.each([
    ['a long group', { group: long }],
    ['an empty group', { group: '' }],
    ['a boundless buffer', { buffer: { messages: 2 ** 50, overflow: 'drop-oldest' as const } }],
  ])('%s is refused', async (_what, asked) => {
    const { hub, echo } = await hubWithBystander()
    const peer = await readyPeer(hub.tcpUrl)
    await peer.declare(1, event)
    await expect(consume(peer, 1, asked)).rejects.toThrow('INVALID_OPTION')
    await consume(peer, 2, { group: 'short' })
    await echo()
  })
})

it('Q5 a failure that is kept with a dead letter has at most 4 KB', async () => {
  const { hub } = await hubWithBystander()
  const peer = await readyPeer(hub.tcpUrl)
  await peer.declare(1, queue)
  await consume(peer, 1, { pattern: queue.name })
  writeCredit(peer.writer, 1, 1)
  writePublish(peer.writer, 1, 1, { channel: queue, message: messageTo(queue.name) })
  peer.flush()
  const { body, flags } = await peer.next(frameType.deliver)
  body.u32()
  const { token } = readDeliver(body, flags, queue)
  const issues = Array.from({ length: 100 }, () => ({
    path: long.slice(0, 400),
    message: long.slice(0, 400),
  }))
  const failure = { message: long, code: long, issues }
  writeSettle(peer.writer, 1, token, { kind: 'reject', reason: 'rejected', failure })
  writeManage(peer.writer, 7, 1, { op: 'dead.list', limit: 1 })
  peer.flush()
  const { letters } = readAnswer(await peer.answer(), { op: 'dead.list', limit: 1 }, queue.name)
  const kept = JSON.stringify(letters[0]?.lastFailure)
  expect(kept.length).toBeGreaterThan(1_000)
  expect(kept.length).toBeLessThan(4_096)
})
