/** Messages that go to a consumer that waits, in the very call that publishes them. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { type Deliver, done, type Outcome, type Transport } from 'busbar/transport'
import { createClient } from 'redis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, linkTo, messageOf, never, payloadOf } from './support/link.js'

/** On a machine that is busy with other tests. */
const soon = { timeout: 10_000 }

describeBroker('redis', 'redis hands over', () => {
  let server: Broker
  let cli: ReturnType<typeof createClient>
  const links: Transport[] = []
  const open = async (url = server.url): Promise<Transport> => {
    const link = await linkTo({ url })
    links.push(link)
    return link
  }
  beforeEach(async () => {
    server = await startBroker('redis')
    cli = createClient({ url: server.url })
    await cli.connect()
  })
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.close(AbortSignal.abort())))
    cli?.destroy()
    await server?.close()
  })

  const consume = (
    link: Transport,
    channel: ReturnType<typeof channelOf>,
    deliver: Deliver,
    concurrency = 1,
  ) =>
    link.consume(
      { channel, pattern: channel.name, group: undefined, concurrency, onGap() {} },
      deliver,
      never,
    )
  const waiting = (name: string) => cli.hLen(`busbar:{${name}}:waiting`)
  const hold = (): Promise<Outcome> => new Promise(() => {})

  test('what is published while workers wait is in their hands with the receipt, as much as they have room for', async () => {
    const [publisher, one, two] = [await open(), await open(), await open()]
    const channel = channelOf('queue', 'handing.bag')
    await publisher.declare(channel, never)
    await consume(one, channel, hold, 2)
    await consume(two, channel, hold, 1)
    await expect.poll(() => waiting(channel.name), soon).toBe(2)
    await Promise.all(
      [1, 2, 3, 4].map((n) => publisher.publish({ channel, message: messageOf(channel, n) }, never)),
    )
    const { received, leased, ready } = await publisher.manage(channel, { op: 'inspect' }, never)
    expect([received, leased, ready]).toEqual([4, 3, 1])
  })

  test('a worker of which nothing is left but its name is given nothing', async () => {
    const publisher = await open()
    const channel = channelOf('queue', 'handing.gone')
    await publisher.declare(channel, never)
    await cli.hSet(`busbar:{${channel.name}}:waiting`, 'busbar:link:gone/1', '1.1 1 5 0')
    await publisher.publish({ channel, message: messageOf(channel, 1) }, never)
    const { leased, ready } = await publisher.manage(channel, { op: 'inspect' }, never)
    expect([leased, ready, await waiting(channel.name)]).toEqual([0, 1, 0])
  })

  test('Q4 what was given to a link that was cut before it came is handled once it is back, as attempt 1', async () => {
    const proxy = await createCuttingProxy(() => ({ host: server.host, port: server.port }))
    const [publisher, worker] = [await open(), await open(`redis://${proxy.host}:${proxy.port}`)]
    const channel = channelOf('queue', 'handing.cut')
    await publisher.declare(channel, never)
    const seen: unknown[] = []
    await consume(worker, channel, ({ message, attempt }) => {
      seen.push([payloadOf(message), attempt])
      return done
    })
    await expect.poll(() => waiting(channel.name), soon).toBe(1)
    proxy.silence()
    await publisher.publish({ channel, message: messageOf(channel, 'lost') }, never)
    expect((await publisher.manage(channel, { op: 'inspect' }, never)).leased).toBe(1)
    await proxy.cut()
    await expect.poll(() => seen, soon).toEqual([['lost', 1]])
    await worker.close(AbortSignal.abort())
    await proxy[Symbol.asyncDispose]()
  })

  test('nothing overtakes what others added without a word', async () => {
    const [publisher, worker] = [await open(), await open()]
    const channel = channelOf('queue', 'handing.foreign')
    await publisher.declare(channel, never)
    const seen: unknown[] = []
    await consume(worker, channel, ({ message }) => {
      seen.push(payloadOf(message))
      return done
    })
    await expect.poll(() => waiting(channel.name), soon).toBe(1)
    await cli.xAdd(`busbar:{${channel.name}}`, '*', { data: '"first"' })
    await publisher.publish({ channel, message: messageOf(channel, 'second') }, never)
    await expect.poll(() => seen.length, soon).toBe(2)
    expect(seen).toEqual(['first', 'second'])
  })

  test('E4 one worker gets what it was given and what it asked for in one order', async () => {
    const [publisher, worker] = [await open(), await open()]
    const channel = channelOf('queue', 'handing.order')
    await publisher.declare(channel, never)
    const total = 3_000
    const seen: unknown[] = []
    const all = new Promise<void>((resolve) => {
      void consume(worker, channel, ({ message }) => {
        seen.push(payloadOf(message))
        if (seen.length === total) resolve()
        return done
      })
    })
    // Sometimes less than the worker has room for, sometimes more.
    for (let n = 0; n < total; ) {
      const size = Math.min(total - n, 1 + ((n * 7) % 120))
      const batch = Array.from({ length: size }, (_, at) => messageOf(channel, n + at))
      n += size
      await Promise.all(batch.map((message) => publisher.publish({ channel, message }, never)))
    }
    await all
    expect(seen).toEqual(Array.from({ length: total }, (_, n) => n))
  })

  test('a message that is tried again at once goes behind those that wait, and one that was not begun does not', async () => {
    const [publisher, worker, other] = [await open(), await open(), await open()]
    const channel = channelOf('queue', 'handing.again')
    await publisher.declare(channel, never)
    for (const value of ['a', 'b', 'c', 'd', 'e'])
      await publisher.publish({ channel, message: messageOf(channel, value) }, never)
    // It takes one and leaves.
    const began = new Promise<void>((resolve) => {
      void consume(other, channel, () => {
        resolve()
        return hold()
      })
    })
    await began
    await other.close(AbortSignal.abort())
    const seen: unknown[] = []
    await consume(worker, channel, ({ message, attempt }) => {
      const value = payloadOf(message)
      seen.push(`${value}${attempt}`)
      return value === 'b' && attempt === 1 ? { kind: 'retry', afterMs: 0, failure: undefined } : done
    })
    await expect.poll(() => seen, soon).toEqual(['a2', 'b1', 'c1', 'd1', 'e1', 'b2'])
  })
})
