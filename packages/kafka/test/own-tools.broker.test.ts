/** Kafka's own command line reads what we publish, and what it publishes is handled like any other message. */

import { randomBytes } from 'node:crypto'
import { contract, createBus, queue, stream } from 'busbar'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { kafka } from '../src/index.js'
import { startKafka } from './support/server.js'

const Bag = z.object({ tag: z.string(), kg: z.number() })
const airport = contract('tools', {
  moveBag: queue(Bag),
  radar: stream(z.object({ flight: z.string() }), { key: ({ flight }) => flight }),
  packed: stream(z.object({ n: z.number(), text: z.string() })),
})

describeBroker('kafka', 'kafka-console-consumer and kafka-console-producer', () => {
  let server: Awaited<ReturnType<typeof startKafka>>
  beforeAll(async () => {
    server = await startKafka()
  }, 90_000)
  afterAll(() => server[Symbol.asyncDispose]())

  const tool = (name: string, topic: string, args: readonly string[], input = ''): Promise<string> => {
    const to = ['--bootstrap-server', `127.0.0.1:${server.port}`, '--topic', topic]
    return server.exec(
      'java',
      ['-XX:TieredStopAtLevel=1', `org.apache.kafka.tools.${name}`, ...to, ...args],
      input,
    )
  }
  const busOf = (service: string) => createBus({ service, transport: kafka({ url: server.url }) })

  it('the consumer prints key, headers of CloudEvents and payload of a record', async () => {
    await using bus = await busOf('tower')
    const receipt = await bus.append(airport.radar, { flight: 'KL23' }, { headers: { mine: 'x' } })
    const shown = await tool('consumer.ConsoleConsumer', 'tools.radar', [
      ...['--from-beginning', '--max-messages', '1', '--timeout-ms', '20000'],
      ...['--formatter-property', 'print.headers=true', '--formatter-property', 'print.key=true'],
    ])
    const [headers = '', key, payload = ''] = shown.trim().split('\t')
    expect([key, JSON.parse(payload)]).toEqual(['KL23', { flight: 'KL23' }])
    expect(headers.split(',')).toEqual(
      expect.arrayContaining([
        ...[`ce_id:${receipt.id}`, 'ce_type:tools.radar', 'ce_specversion:1.0', 'ce_source:tower'],
        ...['ce_partitionkey:KL23', 'content-type:application/json', 'mine:x'],
      ]),
    )
  })

  it('C2 what the producer writes is handled with its headers, and what breaks the schema is a dead letter', async () => {
    await using bus = await busOf('loader')
    const seen: unknown[] = []
    await using _ = await bus.work(airport.moveBag, (bag, ctx) => {
      seen.push([bag, ctx.headers.mine])
    })
    const lines = ['mine:x\t{"tag":"a","kg":7}', 'mine:y\t{"tag":"b"}', 'mine:z\t{"tag":"c","kg":9}', '']
    await tool(
      'ConsoleProducer',
      'tools.moveBag',
      ['--reader-property', 'parse.headers=true'],
      lines.join('\n'),
    )
    await expect
      .poll(() => seen)
      .toEqual([
        [{ tag: 'a', kg: 7 }, 'x'],
        [{ tag: 'c', kg: 9 }, 'z'],
      ])
    await expect
      .poll(async () => (await bus.deadLetters(airport.moveBag).list()).letters.map(({ reason }) => reason))
      .toEqual(['schema'])
  })

  it('what the producer compresses is read, whatever it takes for that', async () => {
    await using bus = await busOf('unpacker')
    const seen: unknown[] = []
    await using _ = await bus.subscribe(airport.packed, (record) => void seen.push(record))
    // More than one block of each codec, some of which nothing makes smaller.
    const sent = [3, 0, 20_000, 20_000, 100_000, 100_001].map((size, n) => ({
      n,
      text: n % 2 === 0 ? 'a'.repeat(size) : randomBytes(size).toString('base64'),
    }))
    const lines = sent.map((one) => `${JSON.stringify(one)}\n`).join('')
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      await tool('ConsoleProducer', 'tools.packed', ['--compression-codec', codec], lines)
      await expect.poll(() => seen.length, { message: codec }).toBe(sent.length)
      expect(seen.splice(0)).toEqual(sent)
    }
  })
})
