import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Link, LinkEvents } from '@busbar/protocol'
import { afterEach, expect, it } from 'vitest'
import { tcp } from '../src/index.js'
import { tcpDial } from '../src/tcp-link.js'

const never = new AbortController().signal
const servers: Server[] = []
const sockets: Socket[] = []

async function serve(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    onSocket(socket)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** Collects what a link says and lets a test wait for it. */
function listener() {
  const bytes: number[] = []
  let wake: () => void = () => undefined
  const seen = { bytes, drains: 0, closed: false, reason: undefined as string | undefined }
  const events: LinkEvents = {
    onData: (chunk) => {
      bytes.push(...chunk)
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

const dial = (port: number, events: LinkEvents): Promise<Link> =>
  tcpDial({ host: '127.0.0.1', port })(events, never)

it('carries bytes both ways', async () => {
  const port = await serve((socket) => socket.pipe(socket))
  const { seen, events, until } = listener()
  const link = await dial(port, events)
  expect(link.send(Uint8Array.of(1, 2, 3))).toBe(true)
  await until(() => seen.bytes.length === 3)
  expect(seen.bytes).toEqual([1, 2, 3])
  link.destroy()
  await until(() => seen.closed)
})

it('says when the other side is behind, and when it has caught up', async () => {
  let peer: Socket | undefined
  const port = await serve((socket) => {
    peer = socket.pause()
  })
  const { seen, events, until } = listener()
  const link = await dial(port, events)
  const chunk = new Uint8Array(1024 * 1024)
  let sent = 0
  while (link.send(chunk) && sent < 64) sent += 1
  expect(sent).toBeLessThan(64)
  expect(seen.drains).toBe(0)
  peer?.resume()
  await until(() => seen.drains > 0)
  link.destroy()
})

it('F5 tells of an end and of a reset', async () => {
  const ending = await serve((socket) => socket.end())
  const one = listener()
  await dial(ending, one.events)
  await one.until(() => one.seen.closed)
  expect(one.seen.reason).toBeUndefined()

  const resetting = await serve((socket) => socket.resetAndDestroy())
  const other = listener()
  await dial(resetting, other.events).catch(() => other.events.onClose('ECONNRESET'))
  await other.until(() => other.seen.closed)
  expect(other.seen.reason).toContain('ECONNRESET')
})

it('sends what is queued before it closes, also against a side that talks on', async () => {
  let received = 0
  let peer: Socket | undefined
  const port = await serve((socket) => {
    peer = socket
    socket.write('talking')
    socket.on('data', (chunk) => (received += chunk.length))
  })
  const { events } = listener()
  const link = await dial(port, events)
  link.send(new Uint8Array(3_000_000))
  link.close()
  while (peer === undefined) await new Promise((resolve) => setImmediate(resolve))
  await once(peer, 'end')
  expect(received).toBe(3_000_000)
})

it('rejects with UNREACHABLE when nobody listens, and when given up', async () => {
  const port = await serve(() => undefined)
  servers[0]?.close()
  await expect(dial(port, listener().events)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  const caller = new AbortController()
  const dialing = tcpDial({ host: '192.0.2.1', port: 9 })(listener().events, caller.signal)
  caller.abort()
  await expect(dialing).rejects.toMatchObject({ code: 'UNREACHABLE' })
})

it.each(['http://localhost:4600', 'tcp://', 'localhost:4600', 'tcp://user:secret@localhost'])(
  'refuses the url %s at once, without repeating its credentials',
  (url) => {
    expect(() => tcp({ url })).toThrow(/INVALID_OPTION/)
    expect(() => tcp({ url })).not.toThrow(/secret/)
  },
)
