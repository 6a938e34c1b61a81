// Bytes that break the protocol: the connection ends with the right code, nobody else notices.

import { frameType, readReceipts, writeConsume, writeDeclare, writePublish } from '@busbar/protocol'
import { describe, expect, it } from 'vitest'
import { hubWithBystander, until, within } from './bystander.js'
import { channelNamed, frame, messageTo, rawPeer, readyPeer } from './raw-peer.js'

const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(6)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

describe('length fields', () => {
  it.each([
    [0, 'PROTOCOL_ERROR'],
    [1, 'PROTOCOL_ERROR'],
    [0x8000_0000, 'FRAME_TOO_LARGE'],
    [0xffff_ffff, 'FRAME_TOO_LARGE'],
  ])('F1 a length of %i ends the connection within a second', async (length, code) => {
    const { hub, echo } = await hubWithBystander()
    const peer = await readyPeer(hub.tcpUrl)
    peer.send(u32(length))
    expect(await within(4_000, peer.end())).toBe(code)
    await echo()
  })

  it('F2 one byte too many is refused from the header alone', async () => {
    const { hub, echo } = await hubWithBystander({ limits: { maxMessageBytes: 10_000 } })
    const peer = await readyPeer(hub.tcpUrl)
    peer.send(u32(10_000 + 128 * 1024 + 1))
    expect(await within(4_000, peer.end())).toBe('FRAME_TOO_LARGE')
    expect(hub.inspect().inboundBytes).toBe(0)
    await echo()
  })
})

describe('slices', () => {
  it('F3 a session of one byte per segment works like any other', async () => {
    const { hub, echo } = await hubWithBystander()
    const peer = await readyPeer(hub.tcpUrl)
    const channel = channelNamed('slices.small', 'queue')
    writeDeclare(peer.writer, { request: 1, channelId: 1, channel })
    writePublish(peer.writer, 1, 1, { channel, message: messageTo(channel.name, 'x'.repeat(100)) })
    for (const byte of peer.take()) {
      peer.send(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(readReceipts((await peer.next(frameType.receipts)).body, 0)).toMatchObject({ first: 1, count: 1 })
    expect(hub.inspect().channels['slices.small']).toMatchObject({ ready: 1 })
    await echo()
  })

  it('F3 slicing at every boundary gives the same result', async () => {
    const { hub } = await hubWithBystander()
    const channel = channelNamed('slices.pairs', 'queue')
    const peer = await readyPeer(hub.tcpUrl)
    await peer.declare(1, channel)
    const size = 60
    for (let cut = 1; cut < size; cut++) {
      writePublish(peer.writer, 1, cut, { channel, message: messageTo(channel.name, 'x'.repeat(20)) })
      const bytes = peer.take()
      peer.send(bytes.subarray(0, cut))
      await new Promise((resolve) => setImmediate(resolve))
      peer.send(bytes.subarray(cut))
    }
    await until(() => hub.inspect().channels['slices.pairs']?.ready === size - 1)
  })
})

it('F4 20,000 frames in one write are all handled and others get their turn', async () => {
  const { hub, echo } = await hubWithBystander()
  const peer = await readyPeer(hub.tcpUrl)
  const channel = channelNamed('many.frames', 'queue')
  await peer.declare(1, channel)
  for (let sequence = 1; sequence <= 20_000; sequence++) {
    writePublish(peer.writer, 1, sequence, { channel, message: messageTo(channel.name) })
  }
  peer.flush()
  await echo()
  await until(() => hub.inspect().channels['many.frames']?.ready === 20_000)
})

it.each(['end', 'resetAndDestroy'] as const)(
  'F5 half a frame, then %s, leaves nothing behind',
  async (how) => {
    const { hub, echo } = await hubWithBystander()
    const peer = await readyPeer(hub.tcpUrl)
    peer.send(frame(frameType.publish, new Uint8Array(5_000)).subarray(0, 3_000))
    await until(() => hub.inspect().inboundBytes === 3_000)
    peer.socket[how]()
    await until(() => hub.inspect().connections === 1)
    expect(hub.inspect()).toMatchObject({ inboundBytes: 0, outboundBytes: 0, unauthenticated: 0 })
    await echo()
  },
)

it('F6 an unknown frame is skipped when ignorable and ends the connection otherwise', async () => {
  const { hub, echo } = await hubWithBystander()
  const peer = await readyPeer(hub.tcpUrl)
  peer.send(frame(0x7e, Uint8Array.of(1, 2, 3), 0x80))
  await peer.declare(1, channelNamed('still.alive', 'event'))
  peer.send(frame(0x7e))
  expect(await peer.end()).toBe('PROTOCOL_ERROR')
  await echo()
})

it.each([
  ['a lone continuation byte', [0x80]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
])('F7 an id with %s is refused', async (_what, bytes) => {
  const { hub, echo } = await hubWithBystander()
  const peer = await readyPeer(hub.tcpUrl)
  const channel = channelNamed('odd.text', 'queue')
  await peer.declare(1, channel)
  const message = messageTo(channel.name, '{}', { id: 'a'.repeat(bytes.length) })
  writePublish(peer.writer, 1, 1, { channel, message })
  const sent = peer.take()
  // The id is the first run of that many letters "a".
  sent.set(bytes, Buffer.from(sent).indexOf('a'.repeat(bytes.length)))
  peer.send(sent)
  expect(await peer.end()).toBe('PROTOCOL_ERROR')
  expect(hub.inspect().channels['odd.text']?.received).toBe(0)
  await echo()
})

it.each([17, 5_000, 100_000])('F8 JSON of %i levels in a frame ends the connection', async (levels) => {
  const { hub, echo } = await hubWithBystander()
  const peer = await readyPeer(hub.tcpUrl)
  peer.writer.begin(frameType.declare, 0)
  peer.writer.u32(1)
  peer.writer.u32(1)
  peer.writer.text32(`${'['.repeat(levels)}${']'.repeat(levels)}`)
  peer.writer.end()
  peer.flush()
  expect(await within(4_000, peer.end())).toBe('PROTOCOL_ERROR')
  await echo()
})

it('F14 a pattern into the reserved namespace is refused on every channel', async () => {
  const { hub, echo } = await hubWithBystander()
  const peer = await readyPeer(hub.tcpUrl)
  await peer.declare(1, channelNamed('plain.event', 'event', ['one']))
  const spec = { pattern: '$hub.**', group: undefined, concurrency: 1 }
  writeConsume(peer.writer, { request: 2, consumerId: 1, channelId: 1, spec })
  peer.flush()
  await expect(peer.answer()).rejects.toThrow('INVALID_TOPIC')
  expect(hub.inspect()).toMatchObject({ subscriptions: 1 })
  await echo()
})

it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])('F9 %s is a plain name', async (name) => {
  const { hub, echo } = await hubWithBystander()
  const peer = await readyPeer(hub.tcpUrl)
  const channel = channelNamed(name, 'queue')
  await peer.declare(1, channel)
  const headers = Object.fromEntries([[name, 'value']])
  writePublish(peer.writer, 1, 1, { channel, message: messageTo(name, `{"${name}":1}`, { headers }) })
  peer.flush()
  await peer.next(frameType.receipts)
  expect(Object.hasOwn(hub.inspect().channels, name)).toBe(true)
  expect(({} as Record<string, unknown>).x).toBeUndefined()
  await echo()
})

it('F18 HTTP, TLS and random bytes on the TCP port end with one log line each', async () => {
  const { hub, echo, logged } = await hubWithBystander()
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    Buffer.from('160301020001000', 'hex'),
    Buffer.from('f3a99c0e55aa1234', 'hex'),
  ]) {
    const before = logged.length
    const peer = await rawPeer(hub.tcpUrl)
    peer.send(bytes)
    await within(4_000, peer.end())
    expect(logged.slice(before).map(({ event }) => event)).toEqual(['connection-refused'])
  }
  await echo()
})
