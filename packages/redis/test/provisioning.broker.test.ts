/** Channels and groups at the server: made, verified, left alone; every difference by name. */

import { isBusError, type Transport } from 'busbar/transport'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import type { RedisOptions } from '../src/index.js'
import { channelOf, linkTo, messageOf, never } from './support/link.js'

describeBroker('redis', 'redis provisioning', () => {
  let server: Broker
  let bare: ReturnType<typeof createClient>
  const links: Transport[] = []
  const open = async (options: Partial<RedisOptions> = {}): Promise<Transport> => {
    const link = await linkTo({ url: server.url, ...options })
    links.push(link)
    return link
  }
  const rejection = async (attempt: Promise<unknown>) => {
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!isBusError(error)) throw new Error(`no BusError, but ${String(error)}`)
    return error
  }

  beforeAll(async () => {
    server = await startBroker('redis')
    bare = createClient({ url: server.url })
    await bare.connect()
  })
  afterAll(async () => {
    await Promise.all(links.map((link) => link.close(never)))
    bare?.destroy()
    await server?.close()
  })

  test('declared groups are there before the first publish', async () => {
    const channel = channelOf('event', 'a.landed', { tracked: true })
    const link = await open({ groups: { 'a.landed': ['billing'] } })
    await link.declare(channel, never)
    await link.publish({ channel, message: messageOf(channel, 1) }, never)
    const values: unknown[] = []
    const request = { channel, pattern: 'a.landed', group: 'billing', concurrency: 1, onGap() {} }
    await link.consume(
      request,
      ({ message }) => {
        values.push(message.id)
        return { kind: 'done' }
      },
      never,
    )
    await expect.poll(() => values.length).toBe(1)
  })

  test('verify makes nothing: what is missing is NOT_FOUND, all of it named', async () => {
    const link = await open({ provision: 'verify', groups: { 'b.landed': ['billing'] } })
    const channel = channelOf('event', 'b.landed', { tracked: true })
    const error = await rejection(link.declare(channel, never))
    expect(error.code).toBe('NOT_FOUND')
    expect(error.details.differences).toEqual([
      'channel busbar:{b.landed} does not exist',
      'group busbar:{b.landed} billing does not exist',
    ])
    expect(await bare.exists('busbar:{b.landed}:meta')).toBe(0)
  })

  test('verify names the setting that was changed', async () => {
    const channel = channelOf('queue', 'c.bag')
    await (await open()).declare(channel, never)
    const link = await open({ provision: 'verify' })
    await link.declare(channel, never)
    await bare.hSet('busbar:{c.bag}:meta', 'durable', 'true')
    const error = await rejection(link.declare(channel, never))
    expect(error.code).toBe('CONTRACT_MISMATCH')
    expect(error.details.differences).toEqual(['channel busbar:{c.bag} has durable true instead of false'])
  })

  test('off asks nothing of the server', async () => {
    const link = await open({ provision: 'off' })
    const channel = channelOf('queue', 'd.bag')
    await link.declare(channel, never)
    expect(await bare.exists('busbar:{d.bag}:meta')).toBe(0)
  })

  test('UNSUPPORTED for a durable channel where the server answers before its disk has it', async () => {
    const link = await open()
    expect(link.capabilities.features.durable).toBe('none')
    const error = await rejection(link.declare(channelOf('queue', 'e.bag', { durable: true }), never))
    expect([error.code, error.message.includes('appendfsync always')]).toEqual(['UNSUPPORTED', true])
  })
})
