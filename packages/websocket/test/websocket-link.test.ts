import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Dial, LinkEvents } from '@busbar/protocol'
import { systemClock } from 'busbar/transport'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { type NativeSocket, nativeDial } from '../src/native-link.js'
import { nodeDial } from '../src/node-link.js'
import { websocketUrl } from '../src/websocket-url.js'

const never = new AbortController().signal
const servers: WebSocketServer[] = []

async function serve(onSocket: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true })
  servers.push(server)
  server.on('connection', onSocket)
  await once(server, 'listening')
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const socket of server.clients) socket.terminate()
    server.close()
  }
})

function listener() {
  let wake: () => void = () => undefined
  const seen = { bytes: [] as number[], drains: 0, closed: false, reason: undefined as string | undefined }
  const events: LinkEvents = {
    onData: (chunk) => {
      seen.bytes.push(...chunk)
      wake()
    },
    onDrain: () => {
      seen.drains += 1
      wake()
    },
    onClose: (reason) => {
      seen.closed = true
      seen.reason = reason
      wake()
    },
  }
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve))
  }
  return { seen, events, until }
}

/** The class of ws has the members of the browser's that the link uses, with wider types. */
const openNative = (url: string): NativeSocket => new WebSocket(url) as unknown as NativeSocket
const dials: Record<string, (url: string) => Dial> = {
  node: nodeDial,
  browser: (url) => nativeDial(url, systemClock, openNative),
}

describe.each(Object.keys(dials))('the link of the %s', (name) => {
  const dial = (url: string, events: LinkEvents) => (dials[name] as (url: string) => Dial)(url)(events, never)

  it('carries bytes both ways', async () => {
    const url = await serve((socket) => socket.on('message', (data) => socket.send(data)))
    const { seen, events, until } = listener()
    const link = await dial(url, events)
    expect(link.send(Uint8Array.of(1, 2, 3))).toBe(true)
    await until(() => seen.bytes.length === 3)
    expect(seen.bytes).toEqual([1, 2, 3])
    link.close()
    await until(() => seen.closed)
  })

  it('says when the other side is behind, and when it has caught up', async () => {
    const peers: WebSocket[] = []
    const url = await serve((socket) => {
      socket.pause()
      peers.push(socket)
    })
    const { seen, events, until } = listener()
    const link = await dial(url, events)
    const chunk = new Uint8Array(1024 * 1024)
    let sent = 0
    // Like any sender it lets the socket work in between.
    while (link.send(chunk) && sent < 64) {
      sent += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(sent).toBeLessThan(64)
    expect(seen.drains).toBe(0)
    for (const peer of peers) peer.resume()
    await until(() => seen.drains > 0)
    link.destroy()
  })

  it('F12 ends a connection on which the hub sends text', async () => {
    const url = await serve((socket) => socket.send('text'))
    const { seen, events, until } = listener()
    await dial(url, events)
    await until(() => seen.closed)
    expect(seen.reason).toContain('text')
    expect(seen.bytes).toEqual([])
  })

  it('rejects with UNREACHABLE when nobody listens', async () => {
    const url = await serve(() => undefined)
    servers[0]?.close()
    await expect(dial(url, listener().events)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  it('rejects with UNREACHABLE when the server does not upgrade', async () => {
    const server = createServer((_request, response) => response.writeHead(403).end())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
    await expect(dial(url, listener().events)).rejects.toMatchObject({ code: 'UNREACHABLE' })
    server.close()
  })
})

it('F13 the link of Node offers no compression', async () => {
  const extensions: string[] = []
  const url = await serve((socket) => extensions.push(socket.extensions))
  const link = await nodeDial(url)(listener().events, never)
  expect(extensions).toEqual([''])
  link.destroy()
})

it.each([
  ['ws://localhost', 'ws://localhost:4601/'],
  ['ws://localhost:80/bus', 'ws://localhost/bus'],
  ['ws://[::1]/bus', 'ws://[::1]:4601/bus'],
  ['wss://example.com', 'wss://example.com/'],
])('reads the url %s as %s', (url, read) => {
  expect(websocketUrl(url)).toBe(read)
})

it.each(['http://localhost', 'localhost:4601', 'ws://me:secret@localhost'])('refuses the url %s', (url) => {
  expect(() => websocketUrl(url)).toThrow(/INVALID_OPTION/)
  expect(() => websocketUrl(url)).not.toThrow(/secret/)
})
