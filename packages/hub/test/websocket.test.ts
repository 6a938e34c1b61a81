// The WebSocket port: who may upgrade, and what ends a connection below the protocol.

import { connect } from 'node:net'
import { FrameParser, FrameWriter, frameType, writeHello } from '@busbar/protocol'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { hubWithBystander, within } from './bystander.js'

/** The status with which an upgrade ends; 101 when it went through. */
function upgrade(url: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    socket.on('unexpected-response', (_request, response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.on('error', reject)
  })
}

const opened = (url: string): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })

const closeCode = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => {
    socket.on('error', () => {})
    socket.once('close', resolve)
  })

describe('F72 the Origin and Host of an upgrade', () => {
  it.each([
    ['http://evil.example', 403],
    ['null', 403],
    ['http://localhost.evil.com', 403],
    ['https://localhost', 403],
    ['http://app.example:8080', 101],
  ])('Origin %s gives %i', async (origin, status) => {
    const websocket = { port: 0, allowedOrigins: ['http://app.example:8080'] }
    const { hub, echo } = await hubWithBystander({ websocket })
    expect(await upgrade(hub.websocketUrl ?? '', { origin })).toBe(status)
    await echo()
  })

  it('the own loopback origins and none at all are allowed', async () => {
    const { hub } = await hubWithBystander()
    const url = hub.websocketUrl ?? ''
    expect(await upgrade(url)).toBe(101)
    expect(await upgrade(url, { origin: `http://localhost:${new URL(url).port}` })).toBe(101)
  })

  it.each(['evil.example', 'localhost.evil.com', 'localhost', '127.0.0.1:1'])(
    'Host %s is refused',
    async (host) => {
      const { hub, echo } = await hubWithBystander()
      expect(await upgrade(hub.websocketUrl ?? '', { host })).toBe(403)
      await echo()
    },
  )
})

it('F74 F77 plain HTTP gets 426 at the path and 404 elsewhere, with safe headers', async () => {
  const { hub } = await hubWithBystander({ websocket: { port: 0, path: '/bus' } })
  const url = (hub.websocketUrl ?? '').replace('ws:', 'http:')
  const there = await fetch(url)
  expect(there.status).toBe(426)
  const elsewhere = await fetch(new URL('/../../etc/passwd', url))
  expect(elsewhere.status).toBe(404)
  for (const { headers } of [there, elsewhere]) {
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  }
})

it('F13 compression is not negotiated', async () => {
  const { hub } = await hubWithBystander()
  const socket = new WebSocket(hub.websocketUrl ?? '', { perMessageDeflate: true })
  await new Promise((resolve) => socket.once('open', resolve))
  expect(socket.extensions).toBe('')
  socket.terminate()
})

/** One WebSocket frame, masked unless told otherwise. */
function wsFrame(first: number, payload: Buffer, how: { masked?: boolean; length?: Buffer } = {}): Buffer {
  const masked = how.masked ?? true
  const length = how.length ?? Buffer.of(payload.length)
  length[0] = (length[0] ?? 0) | (masked ? 0x80 : 0)
  return Buffer.concat([Buffer.of(first), length, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload])
}

describe('F12 a broken WebSocket', () => {
  it('text ends with 1003', async () => {
    const { hub, echo } = await hubWithBystander()
    const socket = await opened(hub.websocketUrl ?? '')
    socket.send('text')
    expect(await within(4_000, closeCode(socket))).toBe(1003)
    await echo()
  })

  it('a message above the frame limit ends with 1009 and not with the process', async () => {
    const { hub, echo } = await hubWithBystander({ limits: { maxMessageBytes: 10_000 } })
    const socket = await opened(hub.websocketUrl ?? '')
    socket.send(Buffer.alloc(1_000_000))
    expect(await within(4_000, closeCode(socket))).toBe(1009)
    await echo()
  })

  it.each([
    ['an unmasked frame', wsFrame(0x82, Buffer.from('ab'), { masked: false }), 1002],
    ['a reserved opcode', wsFrame(0x83, Buffer.from('ab')), 1002],
    [
      'a length with its highest bit set',
      wsFrame(0x82, Buffer.alloc(0), { length: Buffer.from('7fffffffffffffffff', 'hex') }),
      1009,
    ],
  ])('%s is answered and closed', async (_what, bytes, code) => {
    const { hub, echo } = await hubWithBystander()
    const { port } = new URL(hub.websocketUrl ?? '')
    const received: Buffer[] = []
    const ended = new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
        )
        socket.once('data', () => socket.write(bytes))
      })
      socket.on('data', (chunk) => received.push(chunk))
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      socket.on('end', () => socket.end())
    })
    await within(5_000, ended)
    const all = Buffer.concat(received)
    expect(all.includes(Buffer.from([0x88, 0x02, code >> 8, code & 0xff]))).toBe(true)
    await echo()
  })

  it('F12 fragments of one byte without end are ended, and hold nothing', async () => {
    const { hub, echo } = await hubWithBystander({ limits: { maxMessageBytes: 10_000 } })
    const socket = await opened(hub.websocketUrl ?? '')
    const ended = closeCode(socket)
    let isOpen = true
    void ended.then(() => {
      isOpen = false
    })
    const before = process.memoryUsage().rss
    let sent = 0
    socket.send(Buffer.of(1), { fin: false })
    while (isOpen && sent < 1_000_000) {
      for (let index = 0; index < 1_000; index++) socket.send(Buffer.of(1), { fin: false })
      sent += 1_000
      await new Promise((resolve) => setImmediate(resolve))
    }
    const code = await within(4_000, ended)
    expect([1006, 1008, 1009]).toContain(code)
    expect(sent).toBeLessThan(1_000_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
    expect(hub.inspect()).toMatchObject({ connections: 1, inboundBytes: 0 })
    await echo()
  })

  it('a flood of pings starves nobody', async () => {
    const { hub, echo } = await hubWithBystander()
    const socket = await opened(hub.websocketUrl ?? '')
    for (let index = 0; index < 20_000; index++) socket.ping()
    await echo()
    socket.terminate()
  })
})

it('frames may be cut anywhere between messages', async () => {
  const { hub } = await hubWithBystander()
  const socket = await opened(hub.websocketUrl ?? '')
  const writer = new FrameWriter()
  writeHello(writer, { min: 1, max: 1 }, { features: [], service: 's', instance: 'i', session: undefined })
  writer.handOver((chunk) => {
    socket.send(chunk.subarray(0, 9))
    socket.send(chunk.subarray(9))
    return true
  })
  const parser = new FrameParser(100_000)
  const chunk = await new Promise<Buffer>((resolve) =>
    socket.once('message', (data) => resolve(data as Buffer)),
  )
  parser.push(new Uint8Array(chunk))
  expect(parser.next() && parser.type).toBe(frameType.welcome)
  socket.terminate()
})
