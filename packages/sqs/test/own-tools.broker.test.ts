/** The command line of AWS reads what we send, and what it sends is handled like any other message. */

import { contract, createBus, queue } from 'busbar'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { findProgram } from '../../../tooling/brokers/programs.mjs'
import { sqs } from '../src/index.js'

const Bag = z.object({ tag: z.string(), kg: z.number() })
const airport = contract('tools', { moveBag: queue(Bag), scanned: queue(Bag) })
const Url = z.object({ QueueUrl: z.string() })
const Received = z.object({
  Messages: z.array(
    z.object({
      Body: z.string(),
      MessageAttributes: z.record(z.string(), z.object({ StringValue: z.string() })),
    }),
  ),
})
const nobody = {
  AWS_ACCESS_KEY_ID: 'anybody',
  AWS_SECRET_ACCESS_KEY: 'anybody',
  AWS_DEFAULT_REGION: 'us-east-1',
}

/** Older ones speak XML, as the queues of AWS still do, but not every server for tests. */
function speaksJson(version: string): boolean {
  const [major = 0, minor = 0] = version.replace('aws-cli/', '').split('.').map(Number)
  return minor >= (major === 1 ? 30 : 14)
}

describeBroker('sqs', 'aws sqs', () => {
  let server: Broker
  let isThere = false
  beforeAll(async () => {
    server = await startBroker('sqs', { env: nobody })
    isThere = findProgram('aws') !== undefined && speaksJson(await server.exec('aws', ['--version']))
  })
  afterAll(() => server?.close())
  beforeEach(({ skip }) => {
    skip(!isThere, 'no aws on this machine, or one older than 1.30 and 2.14')
  })

  const aws = async (command: string, ...args: readonly string[]): Promise<unknown> => {
    const endpoint = `--endpoint-url=http://127.0.0.1:${server.port}`
    const shown = await server.exec('aws', ['sqs', command, endpoint, '--output=json', ...args])
    return JSON.parse(shown)
  }
  const urlOf = async (name: string) => Url.parse(await aws('get-queue-url', '--queue-name', name)).QueueUrl
  const busOf = (service: string) =>
    createBus({ service, transport: sqs({ url: server.url, waitSeconds: 1 }) })

  it('receive-message shows payload, CloudEvents attributes and headers', async () => {
    await using bus = await busOf('tower')
    const { id } = await bus.send(airport.scanned, { tag: 'a', kg: 7 }, { headers: { mine: 'x' } })
    const given = ['--queue-url', await urlOf('tools_scanned'), '--message-attribute-names', 'All']
    const [message] = Received.parse(await aws('receive-message', ...given)).Messages
    expect(JSON.parse(message?.Body ?? '')).toEqual({ tag: 'a', kg: 7 })
    const attribute = (name: string): string => message?.MessageAttributes[name]?.StringValue ?? ''
    expect(attribute('content-type')).toBe('application/json')
    expect(JSON.parse(attribute('headers'))).toEqual({ mine: 'x' })
    const own = { specversion: '1.0', id, type: 'tools.scanned', source: 'tower' }
    expect(JSON.parse(attribute('ce'))).toMatchObject(own)
  })

  it('C2 what send-message sends is handled with its attributes, and what breaks the schema is a dead letter', async () => {
    await using bus = await busOf('loader')
    const seen: unknown[] = []
    await using _ = await bus.work(airport.moveBag, (bag, { headers }) => {
      seen.push([bag, headers.mine])
    })
    const to = ['--queue-url', await urlOf('tools_moveBag')]
    const attributes = ['--message-attributes', 'mine={DataType=String,StringValue=x}']
    for (const body of ['{"tag":"a","kg":7}', '{"tag":"b"}'])
      await aws('send-message', ...to, ...attributes, '--message-body', body)
    await expect.poll(() => seen).toEqual([[{ tag: 'a', kg: 7 }, 'x']])
    await expect
      .poll(async () => (await bus.deadLetters(airport.moveBag).list()).letters.map(({ reason }) => reason))
      .toEqual(['schema'])
  })
})
