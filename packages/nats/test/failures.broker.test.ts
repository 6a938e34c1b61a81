/** What goes wrong with a server, and what the link says about it. */

import { isBusError } from 'busbar/transport'
import { expect, it } from 'vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, messageOf } from './channels.js'
import { bare, consume, link, never, server } from './world.js'

const caught = (doing: unknown): Promise<unknown> =>
  Promise.resolve(doing).then(
    () => undefined,
    (error: unknown) => error,
  )
const users = `
authorization {
  users = [
    { user: ann, password: secret }
    { user: bob, password: secret, permissions: { publish: { deny: ["closed.>"] }, subscribe: { deny: ["closed.>"] } } }
  ]
}`

describeBroker('nats', 'failures', () => {
  it('F50 an absent server is UNREACHABLE: one sentence with the place', async () => {
    const broker = await server()
    await broker.stop()
    const error = await caught(link({ url: broker.url, connectTimeoutMs: 2_000 }))
    expect(isBusError(error, 'UNREACHABLE') && error.message).toContain(broker.url)
  })

  it('wrong credentials are AUTH_FAILED, without the password', async () => {
    const { url } = await server(users)
    for (const given of [{}, { user: 'ann', password: 'guess' }]) {
      const error = await caught(link({ url, ...given }))
      expect(isBusError(error, 'AUTH_FAILED') && error.message).toContain(url)
      expect(String(error)).not.toContain('guess')
    }
    await link({ url, user: 'ann', password: 'secret' })
  })

  it('what the user may not do is PERMISSION_DENIED, and the link stays', async () => {
    const { url } = await server(users)
    const [ann, bob] = [
      await link({ url, user: 'ann', password: 'secret' }),
      await link({ url, user: 'bob', password: 'secret' }),
    ]
    const [event, queue] = [channelOf('event', 'closed.event'), channelOf('queue', 'closed.queue')]
    for (const channel of [event, queue]) {
      await ann.declare(channel, never)
      await bob.declare(channel, never)
      const error = await caught(bob.publish({ channel, message: messageOf(channel, 1) }, never))
      expect(isBusError(error, 'PERMISSION_DENIED') && error.outcome).toBe('rejected')
    }
    expect(isBusError(await caught(consume(bob, event)), 'PERMISSION_DENIED')).toBe(true)
    const open = channelOf('queue', 'open.queue')
    await bob.declare(open, never)
    expect((await bob.publish({ channel: open, message: messageOf(open, 1) }, never)).level).toBe('accepted')
    expect(bob.states.all).toEqual([])
  })

  it('F2 what the server calls too large is refused before it is sent, whether payload or headers', async () => {
    const { url } = await server('max_payload: 65536')
    const transport = await link({ url })
    expect(transport.capabilities.limits.maxMessageBytes).toBe(65_536 - 16_384)
    for (const kind of ['event', 'queue'] as const) {
      const channel = channelOf(kind, `a.${kind}`)
      await transport.declare(channel, never)
      const long = messageOf(channel, 'x'.repeat(60_000))
      const wide = messageOf(channel, 1, { headers: { wide: 'x'.repeat(66_000) } })
      for (const message of [long, wide]) {
        const error = await caught(transport.publish({ channel, message }, never))
        expect(isBusError(error, 'TOO_LARGE') && error.outcome).toBe('rejected')
      }
      expect((await transport.publish({ channel, message: messageOf(channel, 1) }, never)).level).toBe(
        'accepted',
      )
    }
    expect(transport.states.all).toEqual([])
  })

  it('publishes beyond maxWaiting are QUEUE_FULL, and there is room again when those before are confirmed', async () => {
    const { url } = await server()
    const transport = await link({ url, maxWaiting: 2 })
    for (const kind of ['event', 'queue'] as const) {
      const channel = channelOf(kind, `a.${kind}`)
      await transport.declare(channel, never)
      const publish = (n: number) =>
        Promise.resolve(transport.publish({ channel, message: messageOf(channel, n) }, never))
      const waiting = [publish(1), publish(2)]
      const error = await caught(publish(3))
      expect(isBusError(error, 'QUEUE_FULL') && error.outcome).toBe('rejected')
      expect((await Promise.all(waiting)).map(({ level }) => level)).toEqual(['accepted', 'accepted'])
      expect((await publish(4)).level).toBe('accepted')
    }
  })

  it('a full stream refuses with QUEUE_FULL, and nothing is lost of what it has', async () => {
    const { url } = await server()
    const transport = await link({ url, provision: 'off' })
    const channel = channelOf('queue', 'a.full')
    const nc = await bare(url)
    const config = {
      name: 'a_full',
      subjects: ['a.full'],
      max_msgs: 2,
      discard: 'new',
      retention: 'workqueue',
      storage: 'file',
    }
    await nc.request('$JS.API.STREAM.CREATE.a_full', JSON.stringify(config))
    for (const n of [1, 2]) await transport.publish({ channel, message: messageOf(channel, n) }, never)
    const error = await caught(transport.publish({ channel, message: messageOf(channel, 3) }, never))
    expect(isBusError(error, 'QUEUE_FULL') && error.outcome).toBe('rejected')
  })

  it('F51 the status tells in one line why a link is away', async () => {
    const broker = await server()
    const transport = await link({ url: broker.url })
    await broker.restart()
    await transport.states.until('connected')
    expect(transport.states.all.map(({ state }) => state)).toEqual(['reconnecting', 'connected'])
    expect(transport.states.all[0]?.reason).toMatch(/^the connection to nats:.* was lost: [^\n]+$/)
  })
})
