/** Producers that are no part of Busbar may write in transactions: what they take back is nobody's work. */

import { Producer } from '@platformatic/kafka'
import type { Message } from 'busbar/transport'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, collect, messageFor, openLink, signal } from './support/links.js'
import { startKafka } from './support/server.js'

type Server = Awaited<ReturnType<typeof startKafka>>

describeBroker('kafka', 'transactions of others', () => {
  let server: Server
  beforeAll(async () => {
    server = await startKafka()
  }, 90_000)
  afterAll(() => server[Symbol.asyncDispose]())

  const kinds = {
    'a queue': channelOf('queue', 'given.queue'),
    'a queue in order': channelOf('queue', 'given.ordered', { ordered: true }),
    'an event of a group': channelOf('event', 'given.tracked', { tracked: true }),
    'a plain event': channelOf('event', 'given.plain'),
    'a stream': channelOf('stream', 'given.stream'),
  }
  for (const [what, channel] of Object.entries(kinds)) {
    it(`are seen by consumers of ${what} when they are committed, and never when they are aborted`, async () => {
      const link = await openLink({ url: server.url, groups: { [channel.name]: ['billing'] } })
      await link.declare(channel, signal)
      const isGrouped = channel.kind === 'event' && channel.guarantees.tracked
      const consumer = await collect(link, channel, isGrouped ? { group: 'billing' } : {})
      const [one, other] = [transactor(server, `${channel.name}-1`), transactor(server, `${channel.name}-2`)]
      // One begins before the other and ends behind it: marks and records of both are mixed.
      const [taken, kept] = [await one.begin(), await other.begin()]
      await taken.send(channel.name, 'taken back')
      await kept.send(channel.name, 'kept')
      await taken.send(channel.name, 'taken back too')
      await taken.end('abort')
      await kept.end('commit')
      const again = await one.begin()
      await again.send(channel.name, 'kept of who took back')
      await again.end('commit')
      await link.publish({ channel, message: messageFor(channel, 'id-1', 'ours') }, signal)
      const texts: unknown[] = []
      while (texts.length < 3) texts.push(textOf(await consumer.next()))
      // Ours may be in another partition.
      expect(texts.sort()).toEqual(['kept', 'kept of who took back', 'ours'])
      expect(consumer.seen).toEqual([])
      await Promise.all([one.close(), other.close()])
      await link.close(signal)
    })
  }

  it('are told apart also where one answer of the broker holds them all', async () => {
    const link = await openLink({ url: server.url })
    const channel = channelOf('stream', 'given.all')
    await link.declare(channel, signal)
    const following = await collect(link, channel)
    const producer = transactor(server, 'all')
    for (const [text, how] of [
      ['kept', 'commit'],
      ['taken back', 'abort'],
      ['last', 'commit'],
    ] as const) {
      const transaction = await producer.begin()
      await transaction.send(channel.name, text)
      await transaction.end(how)
    }
    for (const text of ['kept', 'last']) expect(textOf(await following.next())).toBe(text)
    const again = await collect(link, channel, { start: 'start', until: 'now' })
    await again.consumer.ended
    expect(again.seen.map(textOf)).toEqual(['kept', 'last'])
    await producer.close()
    await link.close(signal)
  })

  it('that are open end what a reader until now is given, and wait for nobody', async () => {
    const link = await openLink({ url: server.url })
    const channel = channelOf('stream', 'given.open')
    await link.declare(channel, signal)
    await link.publish({ channel, message: messageFor(channel, 'id-1', 'before') }, signal)
    const producer = transactor(server, 'open')
    const open = await producer.begin()
    await open.send(channel.name, 'open')
    const reading = { start: 'start', until: 'now' } as const
    const early = await collect(link, channel, reading)
    await early.consumer.ended
    expect(early.seen.map(textOf)).toEqual(['before'])
    await open.end('commit')
    // The broker answers before its mark is in the partition.
    const following = await collect(link, channel, { start: { offset: 1 } })
    expect(textOf(await following.next())).toBe('open')
    const late = await collect(link, channel, reading)
    await late.consumer.ended
    expect(late.seen.map(textOf)).toEqual(['before', 'open'])
    await producer.close()
    await link.close(signal)
  })
})

const textOf = ({ body }: Message): unknown => JSON.parse(Buffer.from(body.bytes()).toString())

/** A producer of the client library alone. */
function transactor(server: Server, transactionalId: string) {
  const producer = new Producer({
    ...{ clientId: 'bare', bootstrapBrokers: [`${server.host}:${server.port}`] },
    ...{ idempotent: true, transactionalId, retries: 0 },
  })
  return {
    async begin() {
      const transaction = await producer.beginTransaction()
      return {
        send: (topic: string, text: string) =>
          transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from(JSON.stringify(text)) }] }),
        end: (how: 'commit' | 'abort') => transaction[how](),
      }
    },
    close: () => producer.close(),
  }
}
