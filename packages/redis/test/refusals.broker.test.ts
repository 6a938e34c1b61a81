/** Servers that are not there, or refuse: one sentence that says what and where. */

import { isBusError } from 'busbar/transport'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { maxMessageBytes } from '../src/capabilities.js'
import { channelOf, linkTo, messageOf, never } from './support/link.js'

const users = [
  'user default on >secret ~* &* +@all',
  'user reader on >secret ~busbar:* &* +@all -xadd',
  'user elsewhere on >secret ~other:* &* +@all',
  'user untold on >secret ~busbar:* &* +@all -config',
].join('\n')

async function rejection(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isBusError(error)) throw new Error(`no BusError, but ${String(error)}`)
  return error
}

describeBroker('redis', 'redis that refuses', () => {
  let server: Broker
  beforeAll(async () => {
    server = await startBroker('redis', { config: `${users}\nappendfsync always` })
  })
  afterAll(() => server?.close())

  test('AUTH_FAILED for a wrong password and for none', async () => {
    const { url } = server
    const wrong = await rejection(linkTo({ url, password: 'guess' }))
    expect([wrong.code, wrong.message.includes('guess')]).toEqual(['AUTH_FAILED', false])
    expect((await rejection(linkTo({ url }))).code).toBe('AUTH_FAILED')
  })

  test('PERMISSION_DENIED where the user may not, with outcome rejected, and the link stays', async () => {
    const link = await linkTo({ url: server.url, username: 'reader', password: 'secret' })
    const channel = channelOf('queue', 'a.bag')
    await link.declare(channel, never)
    const error = await rejection(
      Promise.resolve(link.publish({ channel, message: messageOf(channel, 1) }, never)),
    )
    expect([error.code, error.outcome]).toEqual(['PERMISSION_DENIED', 'rejected'])
    expect((await link.manage(channel, { op: 'inspect' }, never)).received).toBe(0)
    await link.close(never)
    const outside = await linkTo({ url: server.url, username: 'elsewhere', password: 'secret' })
    expect((await rejection(outside.declare(channel, never))).code).toBe('PERMISSION_DENIED')
    await outside.close(never)
  })

  test('a server that does not tell its settings is durable only if the user says so', async () => {
    const options = { url: server.url, username: 'untold', password: 'secret' }
    const asked = await linkTo(options)
    const told = await linkTo({ ...options, durable: true })
    expect([asked.capabilities.features.durable, told.capabilities.features.durable]).toEqual([
      'none',
      'native',
    ])
    await Promise.all([asked.close(never), told.close(never)])
  })

  test('F2 TOO_LARGE above the limit of the wire', async () => {
    const link = await linkTo({ url: server.url, password: 'secret' })
    const channel = channelOf('queue', 'b.bag')
    await link.declare(channel, never)
    const message = messageOf(channel, 'x'.repeat(maxMessageBytes))
    const error = await rejection(Promise.resolve(link.publish({ channel, message }, never)))
    expect([error.code, error.outcome]).toEqual(['TOO_LARGE', 'rejected'])
    await link.close(never)
  })

  test('STORE_FULL when the memory of the server is used up, and what is there can be consumed', async () => {
    const bare = createClient({ url: server.url, password: 'secret' })
    await bare.connect()
    const link = await linkTo({ url: server.url, password: 'secret' })
    const channel = channelOf('queue', 'c.bag')
    await link.declare(channel, never)
    await link.publish({ channel, message: messageOf(channel, 'before') }, never)
    await bare.configSet('maxmemory', '1mb')
    const error = await rejection(
      Promise.resolve(link.publish({ channel, message: messageOf(channel, 1) }, never)),
    )
    expect([error.code, error.outcome]).toEqual(['STORE_FULL', 'rejected'])
    await bare.configSet('maxmemory', '0')
    const ids: string[] = []
    const request = { channel, pattern: 'c.bag', group: undefined, concurrency: 1, onGap() {} }
    await link.consume(
      request,
      ({ message }) => {
        ids.push(message.id)
        return { kind: 'done' }
      },
      never,
    )
    await expect.poll(() => ids.length).toBe(1)
    await link.close(never)
    bare.destroy()
  })

  test('UNREACHABLE within its time when nobody is there, and the place is named', async () => {
    const error = await rejection(linkTo({ url: 'redis://127.0.0.1:1', connectTimeoutMs: 200 }))
    expect([error.code, error.message.includes('127.0.0.1:1')]).toEqual(['UNREACHABLE', true])
  })
})
