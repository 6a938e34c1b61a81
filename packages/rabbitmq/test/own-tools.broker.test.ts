/** RabbitMQ's own command line reads what we publish, and what it publishes is handled like any other message. */

import { contract, createBus, event, queue } from 'busbar'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { freePorts } from '../../../tooling/brokers/ports.mjs'
import { findProgram } from '../../../tooling/brokers/programs.mjs'
import { rabbitmq } from '../src/index.js'

const Bag = z.object({ tag: z.string(), kg: z.number() })
const airport = contract('tools', {
  moveBag: queue(Bag),
  scanned: queue(Bag),
  landed: event(z.object({ gate: z.string() }), { path: '{airline}' }),
})
const Shown = z.array(z.object({ payload: z.string(), properties: z.record(z.string(), z.unknown()) }))

describeBroker('rabbitmq', 'rabbitmqadmin', () => {
  let server: Broker
  let port = 0
  beforeAll(async () => {
    const [free = 0] = await freePorts(1)
    port = free
    const config = `management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${port}`
    server = await startBroker('rabbitmq', { config })
    // What the tool talks to.
    await server.exec('rabbitmq-plugins', ['enable', 'rabbitmq_management'])
  }, 120_000)
  afterAll(() => server?.close())
  beforeEach(({ skip }) => {
    const isThere = server.from === 'local' && findProgram('rabbitmqadmin') !== undefined
    skip(!isThere, 'no rabbitmqadmin on this machine, and the port it needs leads out of no container')
  })

  const admin = (...args: readonly string[]): Promise<string> =>
    server.exec('rabbitmqadmin', ['--host=127.0.0.1', `--port=${port}`, ...args])
  const busOf = (service: string) => createBus({ service, transport: rabbitmq({ url: server.url }) })

  it('its get shows payload, properties and headers of CloudEvents', async () => {
    await using bus = await busOf('tower')
    const { id } = await bus.send(airport.scanned, { tag: 'a', kg: 7 }, { headers: { mine: 'x' } })
    const [message] = Shown.parse(JSON.parse(await admin('--format=raw_json', 'get', 'queue=tools.scanned')))
    expect(JSON.parse(message?.payload ?? '')).toEqual({ tag: 'a', kg: 7 })
    expect(message?.properties).toMatchObject({
      ...{ message_id: id, content_type: 'application/json', delivery_mode: 2 },
      headers: {
        ...{ 'cloudEvents:specversion': '1.0', 'cloudEvents:id': id, 'cloudEvents:source': 'tower' },
        ...{ 'cloudEvents:type': 'tools.scanned', mine: 'x' },
      },
    })
  })

  it('C2 what its publish writes is handled with its headers, and what breaks the schema is a dead letter', async () => {
    await using bus = await busOf('loader')
    const seen: unknown[] = []
    await using _ = await bus.work(airport.moveBag, (bag, { headers }) => {
      seen.push([bag, headers.mine])
    })
    const properties = 'properties={"headers":{"mine":"x"}}'
    for (const payload of ['{"tag":"a","kg":7}', '{"tag":"b"}', '{"tag":"c","kg":9}'])
      await admin('publish', 'routing_key=tools.moveBag', `payload=${payload}`, properties)
    await expect
      .poll(() => seen)
      .toEqual([
        [{ tag: 'a', kg: 7 }, 'x'],
        [{ tag: 'c', kg: 9 }, 'x'],
      ])
    await expect
      .poll(async () => (await bus.deadLetters(airport.moveBag).list()).letters.map(({ reason }) => reason))
      .toEqual(['schema'])
  })

  it('an event that its publish gives to our exchange reaches subscribers under its address', async () => {
    await using bus = await busOf('board')
    const seen: unknown[] = []
    await using _ = await bus.subscribe(airport.landed, ({ gate }, { params }) => {
      seen.push([gate, params.airline])
    })
    await admin('publish', 'exchange=tools.landed', 'routing_key=tools.landed.KL', 'payload={"gate":"B7"}')
    await expect.poll(() => seen).toEqual([['B7', 'KL']])
  })
})
