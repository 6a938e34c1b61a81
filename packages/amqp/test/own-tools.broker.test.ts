/** Artemis' own command line, which is JMS, reads what we publish; what it publishes is handled like any other message. */

import { fileURLToPath } from 'node:url'
import { contract, createBus, queue } from 'busbar'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { classPath } from '../../../tooling/brokers/maven.mjs'
import { amqp } from '../src/index.js'

const pom = fileURLToPath(new URL('../../../tooling/brokers/kinds/artemis-tools.pom.xml', import.meta.url))
const Bag = z.object({ tag: z.string(), kg: z.number() })
const airport = contract('tools', { moveBag: queue(Bag), scanned: queue(Bag) })

describeBroker('artemis', 'artemis consumer and artemis producer', () => {
  let server: Broker
  let jars = ''
  beforeAll(async () => {
    jars = await classPath(pom)
    server = await startBroker('artemis')
  }, 300_000)
  afterAll(() => server?.close())

  const artemis = (command: string, queueName: string, ...args: readonly string[]): Promise<string> =>
    server.exec('java', [
      ...['-cp', jars, '-XX:TieredStopAtLevel=1', 'org.apache.activemq.artemis.cli.Artemis', command],
      ...['--silent', '--protocol=AMQP', `--url=amqp://127.0.0.1:${server.port}`],
      ...['--user=busbar', '--password=busbar', `--destination=queue://${queueName}`, '--message-count=1'],
      ...args,
    ])
  const busOf = (service: string) => createBus({ service, transport: amqp({ url: server.url }) })

  test('the consumer prints the payload as text, and our id as that of JMS', async () => {
    await using bus = await busOf('tower')
    const { id } = await bus.send(airport.scanned, { tag: 'a', kg: 7 })
    const shown = await artemis('consumer', 'tools.scanned', '--verbose', '--receive-timeout=20000')
    expect(shown).toContain('Received {"tag":"a","kg":7}\n')
    expect(shown).toContain(`${id}\n`)
    expect(shown).toContain('Consumed: 1 messages')
  })

  test('the consumer takes only what its selector finds in our headers', async () => {
    await using bus = await busOf('tower')
    for (const [tag, mine] of [
      ['b', 'x'],
      ['c', 'y'],
    ] as const)
      await bus.send(airport.scanned, { tag, kg: 7 }, { headers: { mine } })
    const selector = `--filter=mine = 'y' AND JMSTimestamp > 0`
    expect(
      await artemis('consumer', 'tools.scanned', '--verbose', '--receive-timeout=20000', selector),
    ).toContain('Received {"tag":"c","kg":7}\n')
  })

  test('C2 what the producer writes is handled with its headers, and what breaks the schema is a dead letter', async () => {
    await using bus = await busOf('loader')
    const seen: unknown[] = []
    await using _ = await bus.work(airport.moveBag, (bag, { headers }) => {
      seen.push([bag, headers.mine])
    })
    const properties = `--properties=${JSON.stringify([{ type: 'string', key: 'mine', value: 'x' }])}`
    for (const message of ['{"tag":"a","kg":7}', '{"tag":"b"}'])
      await artemis('producer', 'tools.moveBag', `--message=${message}`, properties)
    await expect.poll(() => seen).toEqual([[{ tag: 'a', kg: 7 }, 'x']])
    await expect
      .poll(async () => (await bus.deadLetters(airport.moveBag).list()).letters.map(({ reason }) => reason))
      .toEqual(['schema'])
  })
})
