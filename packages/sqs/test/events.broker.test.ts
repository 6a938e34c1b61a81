/** Plain events with the default options, by FIFO queues: order, copies, groups; and what is left behind. */

import { ListQueuesCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { cases, runConformance } from '@busbar/conformance'
import { type Clock, type Delivery, done, systemClock } from 'busbar/transport'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { sqs } from '../src/index.js'
import { awaited, channelOf, messageOf, never, open, payloadOf } from './support/links.js'

const aboutEvents = new Set([
  ...['lifecycle/two-links-meet', 'publish/message-arrives-whole', 'groups/every-group-a-copy'],
  ...['groups/groups-beside-single-consumers', 'groups/the-others-take-over', 'groups/patterns-of-a-group'],
  ...['subscribe/effective-at-once', 'subscribe/nothing-from-before', 'subscribe/every-consumer-a-copy'],
  ...['subscribe/overlapping-patterns', 'bus-delivery/default-group-is-the-service'],
  ...['limits/odd-path-values'],
])

describeBroker('sqs', 'plain events by FIFO queues', () => {
  let broker: Broker
  let client: SQSClient
  beforeAll(async () => {
    broker = await startBroker('sqs')
    client = new SQSClient({
      endpoint: `http://127.0.0.1:${broker.port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'anybody', secretAccessKey: 'anybody' },
    })
  })
  afterAll(async () => {
    client.destroy()
    await broker.close()
  })
  const queuesOf = async (channel: { readonly name: string }) => {
    const QueueNamePrefix = channel.name.replaceAll('.', '_')
    return (await client.send(new ListQueuesCommand({ QueueNamePrefix }))).QueueUrls ?? []
  }
  const requestOf = (channel: ReturnType<typeof channelOf>) => ({
    ...{ channel, pattern: channel.name, group: undefined, concurrency: 1, onGap() {} },
  })

  it('E1 E3 what the suite demands of events holds, but for its large numbers', async () => {
    const chosen = cases.filter(({ id }) => aboutEvents.has(id))
    expect(chosen).toHaveLength(aboutEvents.size)
    const connect = sqs({ url: broker.url, waitSeconds: 1, routesMs: 30 })
    const harness = { name: 'sqs', start: async () => ({ connect, async [Symbol.asyncDispose]() {} }) }
    const { results } = await runConformance(harness, { cases: chosen })
    expect(results.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  })

  it('E4 F53 events of each publisher arrive once and in their order', async () => {
    const channel = channelOf('event')
    const options = { url: broker.url, routesMs: 30 }
    const [one, two, reader] = [await open(sqs(options)), await open(sqs(options)), await open(sqs(options))]
    await reader.declare(channel, never)
    const seen = new Map<unknown, number[]>([one, two].map((link) => [link, []]))
    const all = awaited<void>()
    let left = 100
    const deliver = ({ message }: Delivery) => {
      const [who, n] = String(payloadOf(message)).split('/')
      seen.get(who === 'one' ? one : two)?.push(Number(n))
      left -= 1
      if (left === 0) all.give()
      return done
    }
    const consumer = await reader.consume({ ...requestOf(channel), group: 'g' }, deliver, never)
    const sent = Array.from({ length: 50 }, (_, n) => [
      one.publish({ channel, message: messageOf(channel, `one/${n}`) }, never),
      two.publish({ channel, message: messageOf(channel, `two/${n}`) }, never),
    ])
    await Promise.all(sent.flat())
    await all.promise
    const inOrder = Array.from({ length: 50 }, (_, n) => n)
    expect([seen.get(one), seen.get(two)]).toEqual([inOrder, inOrder])
    await consumer.close()
    for (const link of [one, two, reader]) await link.close(never)
  })

  it('a consumer of its own leaves no queue behind', async () => {
    const channel = channelOf('event')
    const link = await open(sqs({ url: broker.url, routesMs: 30 }))
    await link.declare(channel, never)
    const consumer = await link.consume(requestOf(channel), () => done, never)
    expect(await queuesOf(channel)).toHaveLength(1)
    await consumer.close()
    expect(await queuesOf(channel)).toEqual([])
    await link.close(never)
  })

  it('F52 the queue of a consumer whose process died is deleted by whoever publishes a quarter of an hour later', async () => {
    const channel = channelOf('event')
    const options = { url: broker.url, routesMs: 30 }
    const past: Clock = { ...systemClock, now: () => systemClock.now() - 16 * 60_000 }
    const dead = await open(sqs(options), undefined, past)
    await dead.declare(channel, never)
    const consumer = await dead.consume(requestOf(channel), () => done, never)
    const alive = await open(sqs(options))
    const lively = await alive.consume(requestOf(channel), () => done, never)
    expect(await queuesOf(channel)).toHaveLength(2)
    const publisher = await open(sqs(options))
    await publisher.publish({ channel, message: messageOf(channel, 1) }, never)
    await expect.poll(() => queuesOf(channel)).toHaveLength(1)
    for (const one of [consumer, lively]) await one.close()
    for (const link of [dead, alive, publisher]) await link.close(never)
  })

  it('Q2 a handler whose message was taken away at the queue is told so with the next renewal', async () => {
    const channel = channelOf('queue', { leaseMs: 1_000 })
    const link = await open(sqs({ url: broker.url, waitSeconds: 1 }))
    await link.declare(channel, never)
    const started = awaited<void>()
    const lost = awaited<void>()
    const gate = awaited<void>()
    const request = { ...requestOf(channel), concurrency: 1 }
    await link.consume(
      request,
      async (delivery) => {
        delivery.onLost(() => lost.give())
        started.give()
        await gate.promise
        return done
      },
      never,
    )
    await link.publish({ channel, message: messageOf(channel, 1) }, never)
    await started.promise
    const QueueUrl = (await queuesOf(channel)).find((url) => !url.includes('__dead'))
    await client.send(new PurgeQueueCommand({ QueueUrl }))
    await lost.promise
    gate.give()
    await link.close(never)
  })
})
