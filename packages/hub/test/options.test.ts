// Mistakes in the options: refused by the name of the key before a port is open.

import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub, type HubOptions, staticTokens } from '../src/index.js'

const tcp = { port: 0 }
// Mistakes that the compiler would find are the point here.
const wrong = (options: object): Promise<unknown> => createHub(options as HubOptions)
const auth = { tokens: [{ token: 'sixteen bytes or more', principal: 'alice' }] }

describe('F80 a wrong option is named', () => {
  it.each([
    [{ tpc: {} }, 'tpc'],
    [{ tcp: { prot: 1 } }, 'tcp.prot'],
    [{ tcp: { port: -1 } }, 'tcp.port'],
    [{ tcp: { port: 65_536 } }, 'tcp.port'],
    [{ tcp: { port: Number.NaN } }, 'tcp.port'],
    [{ tcp: { port: '4600' } }, 'tcp.port'],
    [{ tcp: { host: 'a host' } }, 'tcp.host'],
    [{ websocket: { path: 'bus' } }, 'websocket.path'],
    [{ websocket: { allowedOrigins: ['*'] } }, 'websocket.allowedOrigins'],
    [{ tcp, limits: { maxConnection: 1 } }, 'limits.maxConnection is'],
    [{ tcp, limits: { maxConnections: 0 } }, 'limits.maxConnections'],
    [{ tcp, limits: { heartbeatMs: Number.NaN } }, 'limits.heartbeatMs must be a whole number of ms'],
    [{ tcp, limits: { maxMessageBytes: -5 } }, 'limits.maxMessageBytes must be a whole number of bytes'],
    [{ tcp, limits: { handshakeTimeoutMs: 5 } }, 'limits.handshakeTimeoutMs'],
    [{ tcp, insecure: 'yes' }, 'insecure'],
    [{ tcp, auth: {} }, 'auth'],
    [{ tcp, auth: { tokens: [] } }, 'auth.tokens'],
    [{}, 'neither tcp nor websocket'],
  ])('%j', async (options, words) => {
    await expect(wrong(options)).rejects.toThrow(words)
    await expect(wrong(options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

it.each([
  [{ maxUnauthenticated: 65, maxConnections: 64 }, 'peers that authenticate are connections too'],
  [{ outboundPauseBytes: 2_000_000, maxOutboundBytes: 1_500_000 }, 'deliveries must pause before'],
  [{ maxInboundBytes: 100_000 }, 'must fit into the budget'],
])('F83 limits that contradict each other are refused with the reason: %j', async (limits, words) => {
  await expect(createHub({ tcp, limits })).rejects.toThrow(words)
})

describe('where it listens', () => {
  it.each(['0.0.0.0', '::', '192.168.1.10', 'hub.example.com'])(
    'F79 %s without auth is refused',
    async (host) => {
      await expect(createHub({ tcp: { host, port: 0 } })).rejects.toMatchObject({ code: 'INSECURE_BIND' })
      await expect(createHub({ websocket: { host, port: 0 } })).rejects.toMatchObject({
        code: 'INSECURE_BIND',
      })
    },
  )

  it.each([
    [{ insecure: true }, 'listening-without-authentication'],
    [{ auth }, 'listening-without-tls'],
  ])('F79 %j warns once', async (how, event) => {
    const events: string[] = []
    const log: HubOptions['log'] = (level, name) => events.push(`${level} ${name}`)
    await using _hub = await createHub({ tcp: { host: '0.0.0.0', port: 0 }, log, ...how })
    expect(events).toEqual([`warn ${event}`])
  })

  it('the default is this machine', async () => {
    await using hub = await createHub({ tcp, websocket: { port: 0 } })
    expect(hub.tcpUrl).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
    expect(hub.websocketUrl).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
  })

  it('F81 a taken port is refused and the other listener is closed again', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await using first = await createHub({ tcp })
    const free = Number(new URL(first.tcpUrl ?? '').port)
    await first.close()
    const both = { tcp: { port: free }, websocket: { port } }
    await expect(createHub(both)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await using again = await createHub({ tcp: { port: free } })
    expect(again.tcpUrl).toContain(String(free))
  })
})

it('F81 a weak token is refused without being quoted', () => {
  const make = () => staticTokens([{ token: 'weaktoken', principal: 'alice' }])
  expect(make).toThrow('at least 16 bytes')
  expect(make).not.toThrow('weaktoken')
})

it('a token tells its principal, any other nothing', async () => {
  const authenticate = staticTokens(auth.tokens)
  expect(authenticate('sixteen bytes or more')).toBe('alice')
  expect(authenticate('sixteen bytes or mora')).toBeUndefined()
  expect(authenticate('x'.repeat(1_000_000))).toBeUndefined()
})
