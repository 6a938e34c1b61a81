import { describe, expect, it } from 'vitest'
import { writeError, writeGoaway } from '../src/error-frames.js'
import { frameType, ignorable } from '../src/frames.js'
import { channelOf, ScriptedHub, settled } from './scripted-hub.js'

const never = new AbortController().signal
const error = (code: 'AUTH_FAILED' | 'VERSION_UNSUPPORTED' | 'PROTOCOL_ERROR') => ({
  code,
  message: 'The hub says no.',
  details: {},
})

describe('the first connection', () => {
  it('gives a transport with the limits of the hub', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    expect(transport.capabilities.limits.maxMessageBytes).toBe(hub.welcome.maxMessageBytes)
    expect(transport.capabilities.features).toMatchObject({ queue: 'native', durable: 'none' })
    expect(hub.states).toEqual([])
  })

  it('is tried again until the hub is there', async () => {
    const hub = new ScriptedHub()
    hub.refusals = 2
    const connecting = hub.connect()
    await hub.clock.pass(1_000)
    expect((await connecting).name).toBe('script')
  })

  it('rejects with UNREACHABLE when its time is over', async () => {
    const hub = new ScriptedHub()
    hub.refusals = 1_000
    const connecting = hub.connect()
    const failure = expect(connecting).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await hub.clock.pass(6_000)
    await failure
    expect(hub.clock.timers).toBe(0)
  })

  it('F17 gives up on a hub that does not answer', async () => {
    const hub = new ScriptedHub()
    hub.mute.add(frameType.hello)
    const failure = expect(hub.connect()).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await hub.clock.pass(6_000)
    await failure
    expect(hub.now.isOpen).toBe(false)
  })

  it.each(['AUTH_FAILED', 'VERSION_UNSUPPORTED'] as const)(
    'F20 F29 is not tried again after %s',
    async (code) => {
      const hub = new ScriptedHub()
      hub.mute.add(frameType.hello)
      const failure = expect(hub.connect()).rejects.toMatchObject({ code })
      await settled()
      hub.now.say((out) => writeError(out, error(code)))
      await failure
      expect(hub.connections).toHaveLength(1)
      expect(hub.clock.timers).toBe(0)
    },
  )

  it('rejects with PROTOCOL_ERROR when something else answers', async () => {
    const hub = new ScriptedHub()
    hub.mute.add(frameType.hello)
    const failure = expect(hub.connect()).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    await settled()
    hub.now.say((out) => {
      out.begin(0x66, 0)
      out.end()
    })
    await failure
  })
})

describe('a connection', () => {
  it('F6 skips an unknown frame that may be skipped and breaks at another', async () => {
    const hub = new ScriptedHub()
    await hub.connect()
    const unknown = (flags: number): void =>
      hub.now.say((out) => {
        out.begin(0x66, flags)
        out.end()
      })
    unknown(ignorable)
    expect(hub.states).toEqual([])
    unknown(0)
    expect(hub.states).toEqual(['reconnecting'])
    expect(hub.now.of(frameType.error)).toHaveLength(1)
  })

  it('F50 is given up after two silent heartbeats, and says PING before', async () => {
    const hub = new ScriptedHub()
    await hub.connect()
    await hub.clock.pass(19_999)
    expect(hub.now.of(frameType.ping)).toHaveLength(1)
    expect(hub.states).toEqual([])
    await hub.clock.pass(1)
    expect(hub.states).toEqual(['reconnecting'])
  })

  it('survives when the process itself stood still', async () => {
    const hub = new ScriptedHub()
    await hub.connect()
    let elapsed = 0
    const standing = hub.host.clock.monotonic.bind(hub.clock)
    hub.clock.monotonic = () => standing() + elapsed
    elapsed = 60_000
    await hub.clock.pass(10_000)
    expect(hub.states).toEqual([])
  })

  it('comes back with its session and tells once each way', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    await transport.declare(channelOf('event'), never)
    hub.refusals = 3
    hub.now.cut()
    await hub.clock.pass(10_000)
    expect(hub.states).toEqual(['reconnecting', 'connected'])
    expect(hub.hellos.at(-1)).toMatchObject({ session: { id: 's1', token: 'secret' } })
    expect(hub.now.of(frameType.declare)).toHaveLength(1)
  })

  it('F22 is lost for good when the hub no longer knows the principal', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    hub.now.say((out) => writeError(out, error('AUTH_FAILED')))
    await hub.clock.pass(60_000)
    expect(hub.states).toEqual(['lost'])
    expect(hub.connections).toHaveLength(1)
    await expect(transport.declare(channelOf('event'), never)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('waits longer and longer when the hub takes and breaks it at once', async () => {
    const hub = new ScriptedHub()
    await hub.connect()
    for (let round = 0; round < 600; round++) {
      if (hub.now.isOpen) hub.now.say((out) => writeError(out, error('PROTOCOL_ERROR')))
      await hub.clock.pass(50)
    }
    expect(hub.connections.length).toBeLessThan(25)
  })
})

describe('close', () => {
  it('F85 leaves no timer and no connection', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    await transport.close(never)
    expect(hub.clock.timers).toBe(0)
    expect(hub.now.isOpen).toBe(false)
  })

  it('F86 twice and while reconnecting resolves once each', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    hub.refusals = 1_000
    hub.now.cut()
    await settled()
    await Promise.all([transport.close(never), transport.close(never)])
    await hub.clock.pass(60_000)
    expect(hub.connections).toHaveLength(1)
    expect(hub.clock.timers).toBe(0)
  })

  it('opens nothing new on a hub that is going away', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    const channel = channelOf('request')
    await transport.declare(channel, never)
    hub.now.say((out) => writeGoaway(out, 'bye'))
    const ends: string[] = []
    const message = { id: 'm', address: 'shop.order', key: undefined, headers: {}, time: 0, body: noBody }
    const peer = { part: () => undefined, closed: ({ code }: { code: string }) => void ends.push(code) }
    transport.open({ channel, message, timeoutMs: 100 }, peer, never)
    await settled()
    expect(ends).toEqual(['DISCONNECTED'])
    expect(hub.now.of(frameType.open)).toHaveLength(0)
  })
})

const noBody = { codec: 'json', size: 0, bytes: () => new Uint8Array(0), retain: () => undefined }
