/** Queues are made, only compared, or taken for granted; and the plan tells beforehand what there will be. */

import { BusError, done } from 'busbar/transport'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { plan, sqs } from '../src/index.js'
import { channelOf, messageOf, never, open } from './support/links.js'

describeBroker('sqs', 'provisioning at SQS', () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker('sqs')
  })
  afterAll(() => broker.close())

  it('verify makes nothing and names each queue that is missing', async () => {
    const channel = channelOf('queue')
    const strict = await open(sqs({ url: broker.url, provision: 'verify' }))
    const [main, dead] = plan([{ channel }]).map(({ name }) => name)
    const missing = {
      code: 'NOT_FOUND',
      details: { differences: [`queue ${main} does not exist`, `queue ${dead} does not exist`] },
    }
    await expect(strict.declare(channel, never)).rejects.toMatchObject(missing)
    await expect(strict.declare(channel, never)).rejects.toMatchObject(missing)
    const maker = await open(sqs({ url: broker.url }))
    await maker.declare(channel, never)
    await strict.declare(channel, never)
    for (const link of [maker, strict]) await link.close(never)
  })

  it('verify names a setting that differs', async () => {
    const channel = channelOf('queue', { ordered: true })
    const [maker, strict] = [
      await open(sqs({ url: broker.url })),
      await open(sqs({ url: broker.url, provision: 'verify', maxMessageBytes: 1_048_576 })),
    ]
    await maker.declare(channel, never)
    const error = await strict.declare(channel, never).catch((refusal: unknown) => refusal)
    expect(error).toMatchObject({ code: 'CONTRACT_MISMATCH' })
    expect(String(error)).toContain('.fifo has MaximumMessageSize 262144 instead of 1048576')
    for (const link of [maker, strict]) await link.close(never)
  })

  it('off asks for nothing, and a publish to a queue that is missing is refused', async () => {
    const channel = channelOf('queue')
    const link = await open(sqs({ url: broker.url, provision: 'off' }))
    await link.declare(channel, never)
    await expect(link.publish({ channel, message: messageOf(channel, 1) }, never)).rejects.toMatchObject({
      ...{ code: 'NOT_FOUND', outcome: 'rejected' },
    })
    await link.close(never)
  })

  it('C5 a topic that becomes ordered is refused while the queue of its old form is there', async () => {
    const channel = channelOf('queue')
    const link = await open(sqs({ url: broker.url }))
    await link.declare(channel, never)
    const ordered = { ...channel, guarantees: { ...channel.guarantees, ordered: true } }
    await expect(link.declare(ordered, never)).rejects.toMatchObject({ code: 'CONTRACT_MISMATCH' })
    await link.close(never)
  })

  it('prefixes keep environments apart', async () => {
    const channel = channelOf('queue')
    const [one, two] = [
      await open(sqs({ url: broker.url, prefix: 'one', waitSeconds: 1 })),
      await open(sqs({ url: broker.url, prefix: 'two', waitSeconds: 1 })),
    ]
    for (const link of [one, two]) await link.declare(channel, never)
    await one.publish({ channel, message: messageOf(channel, 'of one') }, never)
    let got = 0
    const request = { channel, pattern: channel.name, group: undefined, concurrency: 1, onGap() {} }
    const consumer = await two.consume(
      request,
      () => {
        got += 1
        return done
      },
      never,
    )
    await consumer.close()
    expect(got).toBe(0)
    for (const link of [one, two]) await link.close(never)
  })

  it('a delay on an ordered queue is refused, since FIFO queues have none', async () => {
    const channel = channelOf('queue', { ordered: true })
    const link = await open(sqs({ url: broker.url }))
    await link.declare(channel, never)
    const late = { channel, message: messageOf(channel, 1), delayMs: 10 }
    const error = await Promise.resolve(link.publish(late, never)).catch((refusal: unknown) => refusal)
    expect(error).toBeInstanceOf(BusError)
    expect(error).toMatchObject({ code: 'UNSUPPORTED', outcome: 'rejected' })
    await link.close(never)
  })
})
