// connect(url): what each scheme gives, and what it says when it cannot.

import { createHub } from '@busbar/hub'
import { contract, createBus, event } from 'busbar'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { connect } from '../src/index.js'

const news = contract('news', { headline: event(z.object({ text: z.string() })) })

function latch(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

async function roundTrip(transport: ReturnType<typeof connect>): Promise<unknown> {
  await using bus = await createBus({ service: 'reader', transport })
  const heard: unknown[] = []
  const { promise, resolve } = latch()
  await bus.subscribe(news.headline, (value) => {
    heard.push(value)
    resolve()
  })
  await bus.publish(news.headline, { text: 'hello' })
  await promise
  return heard[0]
}

describe('a URL gives its wire', () => {
  it('memory:', async () => {
    expect(await roundTrip(connect('memory:'))).toEqual({ text: 'hello' })
  })

  it('tcp:// and ws://, with the token in the options', async () => {
    const token = 'a token of enough bytes'
    await using hub = await createHub({
      tcp: { port: 0 },
      websocket: { port: 0 },
      auth: { tokens: [{ token, principal: 'reader' }] },
    })
    for (const url of [hub.tcpUrl, hub.websocketUrl]) {
      expect(await roundTrip(connect(url ?? '', { token }))).toEqual({ text: 'hello' })
      await expect(roundTrip(connect(url ?? ''))).rejects.toMatchObject({ code: 'AUTH_FAILED' })
    }
  })
})

describe('a URL that gives none', () => {
  it.each([
    ['nats://127.0.0.1', '@busbar/nats'],
    ['amqp://127.0.0.1', '@busbar/rabbitmq'],
    ['amqp10://127.0.0.1', '@busbar/amqp'],
    ['kafka://127.0.0.1', '@busbar/kafka'],
    ['kafkas://127.0.0.1', '@busbar/kafka'],
    ['redis://127.0.0.1', '@busbar/redis'],
    ['sqs://queue', '@busbar/sqs'],
    ['zmq://x', '@busbar/zeromq'],
  ])('%s names the package that is missing and how to install it', async (url, missing) => {
    // In this workspace all of them are there.
    vi.doMock(missing, () => {
      throw new Error(`Cannot find package '${missing}'`)
    })
    const connecting = createBus({ service: 'reader', transport: connect(url) })
    await expect(connecting).rejects.toMatchObject({ code: 'UNKNOWN_SCHEME' })
    await expect(connecting).rejects.toThrow(`npm install ${missing}`)
    vi.doUnmock(missing)
  })

  it('an unknown scheme lists the known ones', () => {
    expect(() => connect('gopher://x')).toThrow('memory, tcp (@busbar/tcp), ws')
  })

  it.each(['', 'localhost', '4600', 'memory:shared', 'tcp://'])('%j is refused', (url) => {
    expect(() => connect(url)).toThrow('INVALID_OPTION')
  })

  it('a malformed URL is told with the form it should have, and no secret of it is quoted', () => {
    expect(() => connect('nats://user:secret@127.0.0.1:99999')).toThrow('nats://host:port')
    expect(() => connect('tcp://user:secret@[broken')).not.toThrow('secret')
  })
})
