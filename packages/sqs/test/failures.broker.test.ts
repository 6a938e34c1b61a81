/** What users see when the server is absent, goes away, comes back empty, or refuses. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { type Delivery, done, type LinkState, type Outcome, systemClock } from 'busbar/transport'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { sqs } from '../src/index.js'
import { awaited, channelOf, messageOf, never, open, payloadOf } from './support/links.js'

const pause = (ms: number) =>
  new Promise<void>((resolve) => void systemClock.after(ms, resolve, { keepAlive: true }))

/** Collects payloads, and tells when `wanted` different ones have come. */
function collector(wanted: number) {
  const values: unknown[] = []
  const all = awaited<void>()
  const deliver = ({ message }: Delivery): Outcome => {
    values.push(payloadOf(message))
    if (new Set(values).size === wanted) all.give()
    return done
  }
  return { values, all: all.promise, deliver }
}

describe('no server', () => {
  it('F1 an absent server is UNREACHABLE within the time that was given, and the sentence says where', async () => {
    const begin = systemClock.monotonic()
    const error = await open(sqs({ url: 'sqs://127.0.0.1:1', connectTimeoutMs: 300 })).catch(
      (e: unknown) => e,
    )
    expect(error).toMatchObject({ code: 'UNREACHABLE', outcome: 'rejected' })
    expect(String(error)).toMatch(/http:\/\/127\.0\.0\.1:1 did not answer within 300 ms: .*ECONNREFUSED/)
    expect(systemClock.monotonic() - begin).toBeLessThan(3_000)
  })
})

describeBroker('sqs', 'a server that fails', () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker('sqs')
  })
  afterAll(() => broker.close())

  const requestOf = (channel: ReturnType<typeof channelOf>, concurrency = 1) => ({
    ...{ channel, pattern: channel.name, group: undefined, concurrency, onGap() {} },
  })

  it('F57 publishes around cuts of an ordered queue are all receipted and arrive once each, in order', async () => {
    const proxy = await createCuttingProxy(() => ({ host: broker.host, port: broker.port }))
    const link = await open(sqs({ endpoint: `http://127.0.0.1:${proxy.port}` }))
    const channel = channelOf('queue', { ordered: true })
    await link.declare(channel, never)
    const receipts: unknown[] = []
    for (let n = 0; n < 150; n += 1) {
      receipts.push(link.publish({ channel, message: messageOf(channel, n, { key: 'k' }) }, never))
      if (n % 50 === 49) await proxy.cut()
    }
    await Promise.all(receipts)
    const { values, all, deliver } = collector(150)
    const reader = await open(sqs({ url: broker.url, waitSeconds: 1 }))
    const consumer = await reader.consume(requestOf(channel), deliver, never)
    await all
    await consumer.close()
    expect(values).toEqual(Array.from({ length: 150 }, (_, n) => n))
    for (const one of [link, reader]) await one.close(never)
    await proxy[Symbol.asyncDispose]()
  })

  it('F51 a worker on a link that is cut goes on by itself, and the link says so in one line', async () => {
    const proxy = await createCuttingProxy(() => ({ host: broker.host, port: broker.port }))
    const states: [LinkState, string | undefined][] = []
    const back = awaited<void>()
    const link = await open(
      sqs({ endpoint: `http://127.0.0.1:${proxy.port}`, waitSeconds: 1 }),
      (state, reason) => {
        states.push([state, reason])
        if (state === 'connected') back.give()
      },
    )
    const channel = channelOf('queue')
    await link.declare(channel, never)
    const { values, all, deliver } = collector(1)
    const consumer = await link.consume(requestOf(channel), deliver, never)
    await proxy.cut()
    await back.promise
    await link.publish({ channel, message: messageOf(channel, 'after') }, never)
    await all
    await consumer.close()
    expect(values).toEqual(['after'])
    expect(states.map(([state]) => state)).toEqual(['reconnecting', 'connected'])
    expect(states[0]?.[1]).toMatch(/^http:\/\/127\.0\.0\.1:\d+ does not answer: [^\n]+$/)
    await link.close(never)
    await proxy[Symbol.asyncDispose]()
  })

  it('F52 after a server came back without any queue, workers and subscribers have made theirs again', async () => {
    const own = await startBroker('sqs')
    const back = awaited<void>()
    const options = { url: own.url, waitSeconds: 1, routesMs: 30 }
    const link = await open(sqs(options), (state) => state === 'connected' && back.give())
    const [queue, event] = [channelOf('queue'), channelOf('event')]
    for (const channel of [queue, event]) await link.declare(channel, never)
    const [work, events] = [collector(1), collector(1)]
    await link.consume(requestOf(queue), work.deliver, never)
    await link.consume({ ...requestOf(event), group: 'g' }, events.deliver, never)
    await own.kill()
    const waiting = link.publish({ channel: queue, message: messageOf(queue, 'sent while away') }, never)
    await own.restart()
    await back.promise
    await waiting
    await work.all
    expect(work.values).toEqual(['sent while away'])
    // The group's queue comes back with the next poll of its member.
    while (events.values.length === 0) {
      await link.publish({ channel: event, message: messageOf(event, 'after') }, never)
      await pause(50)
    }
    expect(events.values[0]).toBe('after')
    await link.close(AbortSignal.abort())
    await own.close()
  })

  it('F2 a message that is too large is refused before it is sent, and the link goes on', async () => {
    const link = await open(sqs({ url: broker.url }))
    const channel = channelOf('queue')
    await link.declare(channel, never)
    const large = messageOf(channel, 'x'.repeat(200_000))
    const heavy = messageOf(channel, 1, { headers: { big: 'x'.repeat(250_000) } })
    for (const message of [large, heavy]) {
      const refusal = Promise.resolve(link.publish({ channel, message }, never))
      await expect(refusal).rejects.toMatchObject({ code: 'TOO_LARGE', outcome: 'rejected' })
    }
    await link.publish({ channel, message: messageOf(channel, 'fine') }, never)
    await link.close(never)
  })

  it('F39 a worker that stands still holds as many messages as it may run, and the queue keeps the rest', async () => {
    const link = await open(sqs({ url: broker.url, waitSeconds: 1 }))
    const channel = channelOf('queue')
    await link.declare(channel, never)
    const sends = Array.from({ length: 500 }, (_, n) =>
      link.publish({ channel, message: messageOf(channel, n) }, never),
    )
    await Promise.all(sends)
    let open_ = 0
    const full = awaited<void>()
    const gate = awaited<void>()
    await link.consume(
      requestOf(channel, 12),
      async () => {
        open_ += 1
        if (open_ === 12) full.give()
        await gate.promise
        return done
      },
      never,
    )
    await full.promise
    const other = await open(sqs({ url: broker.url, waitSeconds: 1 }))
    const { all, deliver, values } = collector(488)
    await other.consume(requestOf(channel, 4), deliver, never)
    await all
    expect([open_, values.length]).toEqual([12, 488])
    gate.give()
    for (const one of [link, other]) await one.close(never)
  })
})
