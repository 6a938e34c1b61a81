/** Others read what we send and send what we read, with nothing but the bare client. */

import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { done, type Message } from 'busbar/transport'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { sqs } from '../src/index.js'
import { awaited, channelOf, messageOf, never, open, payloadOf } from './support/links.js'

describeBroker('sqs', 'foreign clients of SQS', () => {
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
  const urlOf = async (name: string) =>
    (await client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl

  it('a foreign consumer reads payload, CloudEvents attributes, trace and headers', async () => {
    const link = await open(sqs({ url: broker.url }))
    const channel = channelOf('queue')
    await link.declare(channel, never)
    const headers = { source: 'tower', traceparent: '00-1-2-01', mine: 'ü' }
    const message = messageOf(channel, { bag: 7 }, { id: 'bag-7', key: 'KL', headers, time: 0 })
    await link.publish({ channel, message }, never)
    const answer = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: await urlOf(channel.name.replaceAll('.', '_')),
        MessageAttributeNames: ['All'],
      }),
    )
    const [received] = answer.Messages ?? []
    const attribute = (name: string) => received?.MessageAttributes?.[name]?.StringValue ?? ''
    expect(received?.Body).toBe('{"bag":7}')
    expect(attribute('content-type')).toBe('application/json')
    expect(attribute('traceparent')).toBe('00-1-2-01')
    expect(JSON.parse(attribute('headers'))).toEqual({ mine: 'ü' })
    expect(JSON.parse(attribute('ce'))).toEqual({
      ...{ specversion: '1.0', id: 'bag-7', type: channel.name, time: '1970-01-01T00:00:00.000Z' },
      ...{ partitionkey: 'KL', source: 'tower' },
    })
    await link.close(never)
  })

  it('a foreign message is consumed; its id is made of its place and stays the same when it is tried again', async () => {
    const link = await open(sqs({ url: broker.url, waitSeconds: 1 }))
    const channel = channelOf('queue')
    await link.declare(channel, never)
    await client.send(
      new SendMessageCommand({
        QueueUrl: await urlOf(channel.name.replaceAll('.', '_')),
        MessageBody: '{"bag":8}',
        MessageAttributes: { Gate: { DataType: 'String', StringValue: 'B7' } },
      }),
    )
    const seen: Message[] = []
    const twice = awaited<void>()
    const request = { channel, pattern: channel.name, group: undefined, concurrency: 1, onGap() {} }
    const consumer = await link.consume(
      request,
      ({ message, attempt }) => {
        seen.push(message)
        if (attempt === 1) return { kind: 'retry', afterMs: 0, failure: undefined }
        twice.give()
        return done
      },
      never,
    )
    await twice.promise
    await consumer.close()
    const [first, second] = seen
    expect(first?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(second?.id).toBe(first?.id)
    expect([first?.address, first?.headers, first && payloadOf(first)]).toEqual([
      ...[channel.name, { gate: 'B7' }, { bag: 8 }],
    ])
    await link.close(never)
  })

  it('a foreign consumer finds an event in the queue of a declared group, though nobody subscribed', async () => {
    const channel = channelOf('event', { tracked: true })
    const link = await open(sqs({ url: broker.url, groups: { [channel.name]: ['billing'] } }))
    await link.declare(channel, never)
    await link.publish({ channel, message: messageOf(channel, 'landed') }, never)
    const QueueUrl = await urlOf(`${channel.name.replaceAll('.', '_')}__for__billing`)
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }))
    expect(Messages.map(({ Body }) => Body)).toEqual(['"landed"'])
    await link.close(never)
  })

  it('a queue that others made with other settings is refused, each difference named', async () => {
    const channel = channelOf('queue')
    const QueueName = channel.name.replaceAll('.', '_')
    await client.send(new CreateQueueCommand({ QueueName, Attributes: { MessageRetentionPeriod: '60' } }))
    const link = await open(sqs({ url: broker.url }))
    await expect(link.declare(channel, never)).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
      details: {
        differences: [
          `queue ${QueueName} has MaximumMessageSize 1048576 instead of 262144`,
          `queue ${QueueName} has MessageRetentionPeriod 60 instead of 1209600`,
        ],
      },
    })
    await link.close(never)
  })
})
