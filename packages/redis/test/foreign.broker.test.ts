/** Others without Busbar: what they read of ours, and what we take of theirs, by the server's own command line. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { contract, createBus, event, queue } from 'busbar'
import { done, type Message, type Transport } from 'busbar/transport'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { redis } from '../src/index.js'
import { channelOf, linkTo, messageOf, never, payloadOf } from './support/link.js'

const run = promisify(execFile)

describeBroker('redis', 'redis and others', () => {
  let server: Broker
  let link: Transport
  const cli = async (...args: string[]): Promise<string> =>
    (await run('redis-cli', ['-p', String(server.port), ...args])).stdout.trim()

  beforeAll(async () => {
    server = await startBroker('redis')
    link = await linkTo({ url: server.url, lookMs: 50 })
  })
  afterAll(async () => {
    await link?.close(never)
    await server?.close()
  })

  /** The first message that comes. */
  function first(
    channel: Parameters<Transport['declare']>[0],
    start: 'start' | 'end' = 'end',
  ): Promise<Message> {
    return new Promise((resolve, reject) => {
      const request = {
        ...{ channel, pattern: channel.name + '.*'.repeat(channel.params.length), group: undefined },
        ...{ concurrency: 1, start, onGap() {} },
      }
      link
        .consume(
          request,
          ({ message }) => {
            resolve(message)
            return done
          },
          never,
        )
        .catch(reject)
    })
  }

  test('a queue is a stream whose entries have headers and data', async () => {
    const channel = channelOf('queue', 'airport.moveBag')
    await link.declare(channel, never)
    const message = messageOf(
      channel,
      { tag: 'a' },
      { key: 'KL23', headers: { traceparent: '00-1-2-01', mine: 'x' } },
    )
    await link.publish({ channel, message }, never)
    const lines = (await cli('XRANGE', 'busbar:{airport.moveBag}', '-', '+')).split('\n')
    expect([lines[1], lines[3], lines[4]]).toEqual(['headers', 'data', '{"tag":"a"}'])
    expect(JSON.parse(lines[2] ?? '')).toEqual({
      'ce-specversion': '1.0',
      'ce-id': message.id,
      'ce-type': 'airport.moveBag',
      'ce-time': '2023-11-14T22:13:20.000Z',
      'ce-partitionkey': 'KL23',
      'content-type': 'application/json',
      traceparent: '00-1-2-01',
      mine: 'x',
    })
  })

  test('XADD with data alone puts a message into a queue, under an id of its own', async () => {
    const channel = channelOf('queue', 'airport.foreign')
    await link.declare(channel, never)
    const coming = first(channel)
    const place = await cli(
      'XADD',
      'busbar:{airport.foreign}',
      '*',
      'data',
      '{"tag":"b"}',
      'traceparent',
      '00-3-4-01',
    )
    const message = await coming
    expect([payloadOf(message), message.address, message.headers]).toEqual([
      { tag: 'b' },
      'airport.foreign',
      { traceparent: '00-3-4-01' },
    ])
    expect(message.id).toMatch(/^[0-9a-f-]{36}$/)
    expect(message.time).toBe(Number.parseInt(place, 10))
    const state = await link.manage(channel, { op: 'inspect' }, never)
    expect(state.received).toBe(1)
  })

  test('XADD reaches every group of a tracked event, by path', async () => {
    const channel = channelOf('event', 'airport.landed', { tracked: true }, ['airline'])
    await link.declare(channel, never)
    const coming = first(channel)
    const headers = '{"ce-id":"e-1","ce-subject":"KL"}'
    await expect.poll(() => cli('HLEN', 'busbar:{airport.landed}:lines')).toBe('1')
    await cli('XADD', 'busbar:{airport.landed}', '*', 'headers', headers, 'data', '7')
    const message = await coming
    expect([message.id, message.address, payloadOf(message)]).toEqual(['e-1', 'airport.landed.KL', 7])
  })

  test('XADD with the next offset appends to a stream', async () => {
    const channel = channelOf('stream', 'airport.radar')
    await link.declare(channel, never)
    await link.publish({ channel, message: messageOf(channel, 0) }, never)
    await cli('XADD', 'busbar:{airport.radar}', '2-0', 'data', '1')
    const receipt = await link.publish({ channel, message: messageOf(channel, 2) }, never)
    expect(receipt.offset).toBe(2)
    expect((await cli('XRANGE', 'busbar:{airport.radar}', '1', '1')).split('\n')[4]).toBe('0')
  })

  test('PUBLISH is a plain event, as CloudEvents or bare, and what is no JSON is refused by the schema', async () => {
    const airport = contract('tower', { gate: event(z.object({ gate: z.string() })) })
    const bus = await createBus({ service: 'board', transport: redis({ url: server.url }) })
    const seen: unknown[] = []
    await bus.subscribe(airport.gate, (value) => void seen.push(value), { group: 'each' })
    await cli('PUBLISH', 'busbar:{tower.gate}', 'no json')
    await cli('PUBLISH', 'busbar:{tower.gate}', '{"gate":"B7"}')
    await cli('PUBLISH', 'busbar:{tower.gate}', '{"specversion":"1.0","id":"1","data":{"gate":"B8"}}')
    await expect.poll(() => seen).toEqual([{ gate: 'B7' }, { gate: 'B8' }])
    await bus.close()
  })

  test('a foreign message that breaks the schema becomes a dead letter, whole', async () => {
    const airport = contract('belt', { bag: queue(z.object({ tag: z.string() })) })
    const bus = await createBus({ service: 'belt', transport: redis({ url: server.url, lookMs: 50 }) })
    await bus.work(airport.bag, () => undefined)
    await cli('XADD', 'busbar:{belt.bag}', '*', 'data', '{"tag":7}')
    await expect.poll(async () => (await bus.deadLetters(airport.bag).list()).letters.length).toBe(1)
    const { letters } = await bus.deadLetters(airport.bag).list()
    expect([letters[0]?.reason, letters[0]?.payload]).toEqual(['schema', { tag: 7 }])
    const entry = await cli('XRANGE', 'busbar:{belt.bag}:dead', '-', '+')
    expect(entry).toContain('busbar-dead-reason\nschema')
    await bus.close()
  })
})
