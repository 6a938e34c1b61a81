// Exhaustion: every limit is refused by name, the connection stays, and others keep their share.

import {
  frameType,
  readClose,
  readError,
  writeAccept,
  writeBeat,
  writeConsume,
  writeCredit,
  writeOpen,
  writePublish,
} from '@busbar/protocol'
import { ManualClock } from 'busbar/testing'
import { BusError } from 'busbar/transport'
import { describe, expect, it } from 'vitest'
import { createHub } from '../src/index.js'
import { hubWithBystander, until, within } from './bystander.js'
import { channelNamed, frame, messageTo, type RawPeer, rawPeer, readyPeer } from './raw-peer.js'

const event = channelNamed('limits.event', 'event')
const queue = channelNamed('limits.queue', 'queue')
const request = channelNamed('limits.request', 'request')

function consume(peer: RawPeer, consumerId: number, pattern = event.name): Promise<unknown> {
  writeConsume(peer.writer, {
    request: consumerId,
    consumerId,
    channelId: 1,
    spec: { pattern, group: undefined, concurrency: 1 },
  })
  peer.flush()
  return peer.answer()
}

describe('F30 one too many', () => {
  it('subscription', async () => {
    const { hub, echo } = await hubWithBystander({ limits: { maxSubscriptions: 2 } })
    const peer = await readyPeer(hub.tcpUrl)
    await peer.declare(1, event)
    await consume(peer, 1)
    await consume(peer, 2)
    await expect(consume(peer, 3)).rejects.toThrow('LIMIT_EXCEEDED')
    await peer.declare(1, event)
    await echo()
  })

  it('channel', async () => {
    const { hub, echo } = await hubWithBystander({ limits: { maxChannels: 1 } })
    const peer = await readyPeer(hub.tcpUrl)
    await peer.declare(1, event)
    await expect(peer.declare(2, queue)).rejects.toThrow('LIMIT_EXCEEDED')
    await consume(peer, 1)
    await echo()
  })

  it('exchange', async () => {
    const { hub, echo } = await hubWithBystander({ limits: { maxExchanges: 1 } })
    const replier = await readyPeer(hub.tcpUrl)
    await replier.declare(1, request)
    writeAccept(replier.writer, {
      request: 9,
      acceptorId: 1,
      channelId: 1,
      spec: { pattern: request.name, concurrency: 10 },
    })
    replier.flush()
    await replier.answer()
    const peer = await readyPeer(hub.tcpUrl)
    await peer.declare(1, request)
    for (const exchangeId of [1, 3]) {
      writeOpen(peer.writer, exchangeId, 1, {
        channel: request,
        timeoutMs: undefined,
        message: messageTo(request.name),
      })
    }
    peer.flush()
    const { body } = await peer.next(frameType.close)
    expect(body.u32()).toBe(3)
    expect(readClose(body).code).toBe('LIMIT_EXCEEDED')
    await peer.declare(1, request)
    await echo()
  })
})

it('F31 one connection too many is told SERVER_FULL, and there is room again later', async () => {
  const { hub, echo } = await hubWithBystander({ limits: { maxConnections: 2, maxUnauthenticated: 2 } })
  const second = await readyPeer(hub.tcpUrl)
  const third = await rawPeer(hub.tcpUrl)
  expect(await within(4_000, third.end())).toBe('SERVER_FULL')
  second.socket.destroy()
  await until(() => hub.inspect().connections === 1)
  await readyPeer(hub.tcpUrl)
  await echo()
})

describe('half frames', () => {
  it('F32 the oldest half frames give way to the budget of all', async () => {
    const limits = { maxMessageBytes: 20_000, maxInboundBytes: 100_000 }
    const { hub, echo } = await hubWithBystander({ limits })
    const peers = await Promise.all(Array.from({ length: 20 }, () => readyPeer(hub.tcpUrl)))
    for (const peer of peers) peer.send(frame(frameType.publish, new Uint8Array(20_000)).subarray(0, 19_000))
    await until(() => hub.inspect().connections <= 6 + 1)
    expect(hub.inspect().inboundBytes).toBeLessThanOrEqual(100_000)
    await echo()
  })

  it('F32 a half frame is reaped after the frame timeout', async () => {
    const { hub, echo } = await hubWithBystander({ limits: { frameTimeoutMs: 100 } })
    const peer = await readyPeer(hub.tcpUrl)
    peer.send(frame(frameType.publish, new Uint8Array(100)).subarray(0, 50))
    expect(await within(4_000, peer.end())).toBe('PROTOCOL_ERROR')
    expect(hub.inspect().inboundBytes).toBe(0)
    await echo()
  })
})

describe('F33 a peer that never reads', () => {
  const big = new Uint8Array(60_000).fill(0x20)

  it('is cut off at the write deadline, and its deliveries waited in the engine meanwhile', async () => {
    const limits = { writeTimeoutMs: 300, outboundPauseBytes: 100_000 }
    const { hub, echo, logged } = await hubWithBystander({ limits })
    const reader = await readyPeer(hub.tcpUrl)
    await reader.declare(1, event)
    await consume(reader, 1)
    writeCredit(reader.writer, 1, 1_000_000)
    reader.flush()
    reader.socket.pause()
    const writer = await readyPeer(hub.tcpUrl)
    await writer.declare(1, event)
    let sequence = 0
    while (hub.inspect().subscriptions === 2) {
      sequence += 1
      writePublish(writer.writer, 1, sequence, { channel: event, message: messageTo(event.name, big) })
      writer.flush()
      await writer.next(frameType.receipts)
      expect(hub.inspect().outboundBytes).toBeLessThan(1_000_000)
    }
    expect(logged.map(({ event: name }) => name)).toContain('slow-consumer')
    await echo()
  })

  it('is cut off when its answers fill its share', async () => {
    const limits = { maxMessageBytes: 100_000, maxOutboundBytes: 400_000, outboundPauseBytes: 100_000 }
    const { hub, echo, logged } = await hubWithBystander({ limits })
    const peer = await readyPeer(hub.tcpUrl)
    await peer.declare(1, request)
    peer.socket.pause()
    let exchangeId = -1
    await until(() => {
      for (let round = 0; round < 2_000; round++) {
        exchangeId += 2
        writeOpen(peer.writer, exchangeId, 1, {
          channel: request,
          timeoutMs: 1_000,
          message: messageTo(request.name),
        })
      }
      peer.flush()
      return logged.some(({ event: name }) => name === 'slow-consumer')
    }, 20_000)
    expect(hub.inspect()).toMatchObject({ connections: 1, exchanges: 0 })
    // Whoever reads on after all learns why.
    peer.socket.resume()
    expect(await peer.end()).toBe('SLOW_CONSUMER')
    await echo()
  }, 30_000)
})

it('F43 a consumer without credit for ten minutes stays connected, costs nothing, and goes on', async () => {
  const clock = new ManualClock()
  await using hub = await createHub({ tcp: { port: 0 }, clock, limits: { drainTimeoutMs: 1 } })
  const peer = await readyPeer(hub.tcpUrl)
  await peer.declare(1, queue)
  await consume(peer, 1, queue.name)
  for (let sequence = 1; sequence <= 5; sequence++) {
    writePublish(peer.writer, 1, sequence, { channel: queue, message: messageTo(queue.name) })
  }
  peer.flush()
  for (let beats = 0; beats < 60; beats++) {
    clock.advance(10_000)
    writeBeat(peer.writer, frameType.ping, beats)
    peer.flush()
    await within(4_000, peer.next(frameType.pong))
  }
  expect(hub.inspect()).toMatchObject({ connections: 1, outboundBytes: 0, inboundBytes: 0 })
  expect(hub.inspect().channels[queue.name]).toMatchObject({ ready: 5, leased: 0 })
  writeCredit(peer.writer, 1, 2)
  peer.flush()
  await within(4_000, peer.next(frameType.deliver))
  await within(4_000, peer.next(frameType.deliver))
  expect(hub.inspect().channels[queue.name]).toMatchObject({ ready: 3, leased: 2 })
  peer.socket.destroy()
  const closing = hub.close()
  clock.advance(10)
  await closing
})

it('F35 20,000 requests without a responder end at once and leave nothing', async () => {
  const { hub, echo } = await hubWithBystander()
  const peer = await readyPeer(hub.tcpUrl)
  await peer.declare(1, request)
  for (let index = 0; index < 20_000; index++) {
    const message = messageTo(request.name)
    writeOpen(peer.writer, 2 * index + 1, 1, { channel: request, timeoutMs: 30_000, message })
  }
  peer.flush()
  const closes = (): number => peer.frames.filter(({ type }) => type === frameType.close).length
  await echo()
  await until(() => closes() === 20_000)
  const { body } = await peer.next(frameType.close)
  body.u32()
  expect(readClose(body).code).toBe('NO_RESPONDER')
  expect(hub.inspect().exchanges).toBe(0)
  await echo()
})

describe('what a publish may not be', () => {
  const path = channelNamed('limits.path', 'event', ['one'])
  const nothing = new Uint8Array(0)

  async function refusal(peer: RawPeer): Promise<string> {
    const { body } = await peer.next(frameType.refused)
    body.u48()
    return readError(body).code
  }

  it.each([
    ['F15 an empty token', { address: 'limits.path.' }, 'INVALID_TOPIC'],
    ['F15 two dots', { address: 'limits.path.a..b' }, 'INVALID_TOPIC'],
    ['F15 a wildcard', { address: 'limits.path.*' }, 'INVALID_TOPIC'],
    ['F15 a line break', { address: 'limits.path.a\r\nb' }, 'INVALID_TOPIC'],
    ['F15 1,025 bytes', { address: `limits.path.${'a'.repeat(1_025 - 12)}` }, 'INVALID_TOPIC'],
    ['F15 too few tokens', { address: 'limits.path' }, 'INVALID_TOPIC'],
    ['F16 a line break in a header', { headers: { a: 'b\r\nc' } }, 'INVALID_OPTION'],
    ['F16 64 KiB of headers', { headers: { a: 'x'.repeat(40_000), b: 'x'.repeat(40_000) } }, 'TOO_LARGE'],
    ['a payload above the limit', { body: messageTo('', new Uint8Array(1_048_577)).body }, 'TOO_LARGE'],
  ])('%s is refused and the connection stays', async (_name, extra, code) => {
    const { hub, echo } = await hubWithBystander()
    const peer = await readyPeer(hub.tcpUrl)
    await peer.declare(1, path)
    writePublish(peer.writer, 1, 1, { channel: path, message: messageTo('limits.path.a', nothing, extra) })
    peer.flush()
    expect(await refusal(peer)).toBe(code)
    await peer.declare(1, path)
    expect(hub.inspect().channels[path.name]).toMatchObject({ received: 0 })
    await echo()
  })

  it.each(['', 'a..b', '.a', 'a b', 'a\u0000', 'a.*', 'x'.repeat(1_025)])(
    'F15 a channel named %j is refused',
    async (name) => {
      const { hub, echo } = await hubWithBystander()
      const peer = await readyPeer(hub.tcpUrl)
      await expect(peer.declare(1, channelNamed(name, 'event'))).rejects.toThrow('INVALID_TOPIC')
      await echo()
    },
  )

  it.each(['limits', 'other.event', 'limits.event.a', '**', '*', 'limits.**.a', 'limits.event..'])(
    'F15 a pattern %j for limits.event is refused',
    async (pattern) => {
      const { hub } = await hubWithBystander()
      const peer = await readyPeer(hub.tcpUrl)
      await peer.declare(1, event)
      await expect(consume(peer, 1, pattern)).rejects.toBeInstanceOf(BusError)
      expect(hub.inspect().subscriptions).toBe(1)
    },
  )
})
