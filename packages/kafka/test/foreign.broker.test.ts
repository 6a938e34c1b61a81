/** What the client library alone sees of our messages, and what we see of its. */

import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, collect, messageFor, openLink, signal } from './support/links.js'
import { startKafka } from './support/server.js'

describeBroker('kafka', 'foreign clients and provisioning', () => {
  let server: Awaited<ReturnType<typeof startKafka>>
  let bare: { clientId: string; bootstrapBrokers: string[] }
  beforeAll(async () => {
    server = await startKafka()
    bare = { clientId: 'bare', bootstrapBrokers: [`${server.host}:${server.port}`] }
  }, 90_000)
  afterAll(() => server[Symbol.asyncDispose]())

  it('reads our messages as JSON with CloudEvents headers, partitioned by key', async () => {
    const link = await openLink({ url: server.url })
    const channel = channelOf('stream', 'foreign.out')
    await link.declare(channel, signal)
    const message = messageFor(
      channel,
      'id-1',
      { gate: 'B7' },
      { key: 'KL23', headers: { source: 'tower', mine: 'x' } },
    )
    await link.publish({ channel, message }, signal)
    const consumer = new Consumer({ ...bare, groupId: 'somebody' })
    const records = await consumer.consume({ topics: ['foreign.out'], mode: 'earliest', autocommit: false })
    for await (const record of records) {
      const headers = Object.fromEntries([...record.headers].map(([name, text]) => [`${name}`, `${text}`]))
      expect([`${record.key}`, JSON.parse(`${record.value}`)]).toEqual(['KL23', { gate: 'B7' }])
      expect(headers).toEqual({
        ce_specversion: '1.0',
        ce_id: 'id-1',
        ce_type: 'foreign.out',
        ce_time: '2023-11-14T22:13:20.000Z',
        ce_partitionkey: 'KL23',
        ce_source: 'tower',
        'content-type': 'application/json',
        mine: 'x',
      })
      break
    }
    await consumer.close(true)
    await link.close(signal)
  })

  it('sends us messages without any header of ours, which keep one id over deliveries', async () => {
    const link = await openLink({ url: server.url })
    const channel = channelOf('queue', 'foreign.in')
    await link.declare(channel, signal)
    const producer = new Producer({ ...bare })
    const record = { topic: 'foreign.in', key: Buffer.from('k'), value: Buffer.from('{"kg":3}') }
    await producer.send({
      acks: -1,
      messages: [{ ...record, headers: new Map([[Buffer.from('mine'), Buffer.from('x')]]) }],
    })
    await producer.close()
    const message = await (await collect(link, channel)).next()
    expect([message.address, message.key, message.headers, `${Buffer.from(message.body.bytes())}`]).toEqual([
      'foreign.in',
      'k',
      { mine: 'x' },
      '{"kg":3}',
    ])
    expect(message.id).toMatch(/^[0-9a-f-]{36}$/)
    await link.close(signal)
  })

  it('C5 verify makes nothing and names what is missing with NOT_FOUND', async () => {
    const link = await openLink({ url: server.url, provision: 'verify' })
    await expect(link.declare(channelOf('queue', 'verify.missing'), signal)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('topic verify.missing does not exist'),
    })
    await link.close(signal)
  })

  it('C5 a setting that was changed by hand is CONTRACT_MISMATCH, named with both values', async () => {
    const link = await openLink({ url: server.url })
    const channel = channelOf('queue', 'verify.changed')
    await link.declare(channel, signal)
    await link.close(signal)
    const admin = new Admin({ ...bare })
    const configs = [{ name: 'retention.ms', configOperation: 0 as const, value: '1000' }]
    await admin.incrementalAlterConfigs({
      resources: [{ resourceType: 2, resourceName: 'verify.changed', configs }],
    })
    await admin.close()
    const other = await openLink({ url: server.url, provision: 'verify' })
    await expect(other.declare(channel, signal)).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
      message: expect.stringContaining('topic verify.changed has retention.ms 1000 instead of 604800000'),
    })
    await other.close(signal)
  })

  it('F2 a record above the limit of its topic at the broker is TOO_LARGE, and those beside it arrive', async () => {
    const link = await openLink({ url: server.url })
    const channel = channelOf('queue', 'limits.small')
    await link.declare(channel, signal)
    const admin = new Admin({ ...bare })
    const configs = [{ name: 'max.message.bytes', configOperation: 0 as const, value: '2000' }]
    await admin.incrementalAlterConfigs({
      resources: [{ resourceType: 2, resourceName: 'limits.small', configs }],
    })
    await admin.close()
    const send = (id: string, value: string) =>
      link.publish({ channel, message: messageFor(channel, id, value) }, signal)
    const results = await Promise.allSettled([send('a', 'a'), send('b', 'x'.repeat(5_000)), send('c', 'c')])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'TOO_LARGE', outcome: 'rejected' } })
    await link.close(signal)
  })
})
