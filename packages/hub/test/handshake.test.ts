// Before a connection is ready: silence, wrong order, wrong version, wrong token, resumption.

import { frameType, readReceipts, writeAuth, writeHello, writePublish } from '@busbar/protocol'
import { describe, expect, it } from 'vitest'
import { hubWithBystander, until, within } from './bystander.js'
import { channelNamed, frame, messageTo, type RawPeer, rawPeer, readyPeer } from './raw-peer.js'

const token = 'a token of more than sixteen bytes'
const auth = {
  tokens: [
    { token, principal: 'alice' },
    { token: 'another token of enough bytes', principal: 'bob' },
  ],
}
const hello = { features: [], service: 's', instance: 'i', session: undefined }

describe('silence', () => {
  it('F17 a peer that says nothing is closed after the handshake timeout', async () => {
    const { hub, echo } = await hubWithBystander({ limits: { handshakeTimeoutMs: 100 } })
    const peer = await rawPeer(hub.tcpUrl)
    await within(4_000, peer.end())
    expect(hub.inspect()).toMatchObject({ connections: 1, unauthenticated: 0 })
    await echo()
  })

  it('F17 500 silent peers do not keep a valid one out', async () => {
    // Longer than the wait below: the silent ones must not go by themselves.
    const { hub, echo } = await hubWithBystander({ limits: { handshakeTimeoutMs: 60_000 } })
    const silent = await Promise.all(Array.from({ length: 500 }, () => rawPeer(hub.tcpUrl)))
    await within(15_000, readyPeer(hub.tcpUrl))
    expect(hub.inspect().unauthenticated).toBeLessThanOrEqual(64)
    await echo()
    for (const peer of silent) peer.socket.destroy()
    await until(() => hub.inspect().connections === 2)
  })
})

it.each([null, '', false, 0])('F20 an authenticate function that gives %j refuses', async (principal) => {
  // What a function without types may give.
  const { hub } = await hubWithBystander({ auth: (token) => (token === 'x' ? (principal as never) : 'p') })
  await expect(readyPeer(hub.tcpUrl, 'x')).rejects.toThrow('closed before')
})

describe('order', () => {
  it.each([
    ['PUBLISH', frame(frameType.publish, new Uint8Array(40))],
    ['AUTH before HELLO', frame(frameType.auth, Uint8Array.of(0, 0))],
    ['PING', frame(frameType.ping, new Uint8Array(4))],
  ])('F19 %s before the connection is ready ends it', async (_name, bytes) => {
    const { hub, echo } = await hubWithBystander()
    const peer = await rawPeer(hub.tcpUrl)
    peer.send(bytes)
    expect(await within(4_000, peer.end())).toBe('PROTOCOL_ERROR')
    await echo()
  })

  it('F19 a frame above 8 KiB before authentication is refused from its header', async () => {
    const { hub, echo } = await hubWithBystander()
    const peer = await rawPeer(hub.tcpUrl)
    peer.send(frame(frameType.hello, new Uint8Array(9_000)).subarray(0, 10))
    expect(await within(4_000, peer.end())).toBe('FRAME_TOO_LARGE')
    await echo()
  })

  it.each([
    [0, 0],
    [99, 99],
  ])('F29 protocol %i to %i is refused with both ranges', async (min, max) => {
    const { hub, echo } = await hubWithBystander()
    const peer = await rawPeer(hub.tcpUrl)
    writeHello(peer.writer, { min, max }, hello)
    peer.flush()
    expect(await within(4_000, peer.end())).toBe('VERSION_UNSUPPORTED')
    await echo()
  })
})

async function tryToken(peer: RawPeer, credential: string): Promise<string | undefined> {
  writeHello(peer.writer, { min: 1, max: 1 }, hello)
  writeAuth(peer.writer, credential)
  peer.flush()
  return peer.end()
}

describe('tokens', () => {
  it('F20 wrong tokens are answered later each time and never logged', async () => {
    const { hub, echo, logged } = await hubWithBystander({ auth }, token)
    const secrets = Array.from({ length: 6 }, (_, index) => `wrong token number ${index} ${'x'.repeat(16)}`)
    const codes = await Promise.all(
      secrets.map(async (secret) => tryToken(await rawPeer(hub.tcpUrl), secret)),
    )
    expect(new Set(codes)).toEqual(new Set(['AUTH_FAILED']))
    const delays = logged
      .filter(({ event }) => event === 'authentication-failed')
      .map(({ fields }) => fields.delayMs)
    expect(delays).toEqual([50, 100, 200, 400, 800, 1_600])
    expect(JSON.stringify(logged)).not.toContain('wrong token')
    await readyPeer(hub.tcpUrl, token)
    await echo()
  })

  it('F20 an empty and a huge token are refused alike', async () => {
    const { hub, echo } = await hubWithBystander({ auth }, token)
    expect(await tryToken(await rawPeer(hub.tcpUrl), '')).toBe('AUTH_FAILED')
    expect(await tryToken(await rawPeer(hub.tcpUrl), 'x'.repeat(8_000))).toBe('AUTH_FAILED')
    await echo()
  })

  it('F14 nobody declares, publishes or subscribes in the reserved namespace', async () => {
    const { hub, echo } = await hubWithBystander()
    const peer = await readyPeer(hub.tcpUrl)
    await expect(peer.declare(1, channelNamed('$hub.secrets', 'event'))).rejects.toThrow('PERMISSION_DENIED')
    await echo()
  })
})

describe('resumption', () => {
  const channel = channelNamed('resume.queue', 'queue')

  async function publishOn(peer: RawPeer, sequence: number, id: string) {
    writePublish(peer.writer, 1, sequence, { channel, message: messageTo(channel.name, '{}', { id }) })
    peer.flush()
    const { body, flags } = await peer.next(frameType.receipts)
    return readReceipts(body, flags)
  }

  it('F57 a publish that is sent again after a lost receipt is stored once', async () => {
    const { hub } = await hubWithBystander()
    const first = await rawPeer(hub.tcpUrl)
    const { session } = await first.hello()
    await first.declare(1, channel)
    expect(await publishOn(first, 1, 'same-id')).toMatchObject({ duplicate: false })
    first.socket.resetAndDestroy()
    const second = await rawPeer(hub.tcpUrl)
    expect(await second.hello('', { session })).toMatchObject({ resumed: true, lastSequence: 1, session })
    await second.declare(1, channel)
    expect(await publishOn(second, 1, 'same-id')).toMatchObject({ first: 1, count: 1, duplicate: true })
    expect(await publishOn(second, 2, 'next-id')).toMatchObject({ first: 2, duplicate: false })
    expect(hub.inspect().channels[channel.name]).toMatchObject({ ready: 2 })
  })

  it('F57 a session is taken over from a connection that the hub still believes in', async () => {
    const { hub } = await hubWithBystander()
    const first = await rawPeer(hub.tcpUrl)
    const { session } = await first.hello()
    const second = await rawPeer(hub.tcpUrl)
    expect(await second.hello('', { session })).toMatchObject({ resumed: true })
    await within(4_000, first.end())
    expect(hub.inspect().connections).toBe(2)
  })

  it('F28 a forged, foreign or unknown session gives a new one', async () => {
    const { hub, echo } = await hubWithBystander({ auth }, token)
    const mine = await (await rawPeer(hub.tcpUrl)).hello(token)
    const forged = { id: mine.session.id, token: 'forged' }
    for (const [credential, session] of [
      [token, forged],
      [auth.tokens[1]!.token, mine.session],
      [token, { id: 'unknown', token: mine.session.token }],
    ] as const) {
      const got = await (await rawPeer(hub.tcpUrl)).hello(credential, { session })
      expect(got).toMatchObject({ resumed: false, lastSequence: 0 })
      expect(got.session.id).not.toBe(mine.session.id)
    }
    await echo()
  })
})
