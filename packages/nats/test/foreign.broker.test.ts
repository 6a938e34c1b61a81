/** Programs that know nothing of Busbar, with the bare client: they read what we write, and we what they write. */

import { createConnection } from 'node:net'
import { DeliverPolicy, jetstreamManager } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import type { Closed, Part } from 'busbar/transport'
import { expect, it, onTestFinished } from 'vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, messageOf, payloadOf } from './channels.js'
import { bare, consume, link, never, server } from './world.js'

describeBroker('nats', 'foreign programs', () => {
  it('a plain event is JSON with CloudEvents headers on the subject of its address', async () => {
    const { url } = await server()
    const [transport, nc] = [await link({ url }), await bare(url)]
    const channel = channelOf('event', 'airport.landed', { params: ['airline'] })
    const subscription = nc.subscribe('airport.landed.*', { max: 1 })
    await nc.flush()
    const message = messageOf(
      channel,
      { gate: 'B7' },
      { address: 'airport.landed.KL', key: 'k 1', headers: { traceparent: '00-a-b-01' } },
    )
    await transport.publish({ channel, message }, never)
    for await (const msg of subscription) {
      expect([msg.subject, msg.json()]).toEqual(['airport.landed.KL', { gate: 'B7' }])
      const names = ['ce-id', 'ce-type', 'ce-subject', 'ce-partitionkey', 'content-type', 'traceparent']
      expect(names.map((name) => msg.headers?.get(name))).toEqual([
        message.id,
        'airport.landed',
        'KL',
        'k%201',
        'application/json',
        '00-a-b-01',
      ])
    }
  })

  it('a foreign event without headers is consumed, its address from the subject', async () => {
    const { url } = await server()
    const [transport, nc] = [await link({ url }), await bare(url)]
    const channel = channelOf('event', 'airport.landed', { params: ['airline'] })
    const inbox = await consume(transport, channel, { group: 'g' })
    nc.publish('airport.landed.KL', JSON.stringify({ gate: 'B7' }))
    await inbox.until(1)
    const message = inbox.deliveries[0]!.message
    expect([message.address, payloadOf(message), message.body.codec]).toEqual([
      'airport.landed.KL',
      { gate: 'B7' },
      'json',
    ])
    expect(message.id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('a foreign message in a queue keeps one id over its tries, and its own headers', async () => {
    const { url } = await server()
    const [transport, nc] = [await link({ url }), await bare(url)]
    const channel = channelOf('queue', 'airport.moveBag')
    await transport.declare(channel, never)
    const own = headers()
    own.set('Mine', 'x')
    await nc.request('airport.moveBag', JSON.stringify({ bag: 1 }), {
      headers: own,
      timeout: 5_000,
    })
    const inbox = await consume(transport, channel, {}, ({ attempt }) =>
      attempt === 1 ? { kind: 'retry', afterMs: 0, failure: undefined } : { kind: 'done' },
    )
    await inbox.until(2)
    expect(inbox.deliveries.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(new Set(inbox.deliveries.map(({ message }) => message.id)).size).toBe(1)
    expect(inbox.deliveries[0]?.message.headers).toEqual({ mine: 'x' })
  })

  it('a message whose headers the client cannot read comes without them', async () => {
    const { url } = await server()
    const transport = await link({ url })
    const channel = channelOf('queue', 'airport.moveBag')
    await transport.declare(channel, never)
    const inbox = await consume(transport, channel)
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const block = 'NATS/1.0\r\nno name: x\r\n\r\n'
    const sizes = `${block.length} ${block.length + 1}`
    socket.write(`CONNECT {"verbose":false,"headers":true}\r\nHPUB airport.moveBag ${sizes}\r\n${block}7\r\n`)
    await inbox.until(1)
    expect([inbox.values, inbox.deliveries[0]?.message.headers]).toEqual([[7], {}])
  })

  it('a foreign reader of our stream sees records in order, and a foreign worker acknowledges ours', async () => {
    const { url } = await server()
    const [transport, nc] = [await link({ url }), await bare(url)]
    const [radar, bags] = [channelOf('stream', 'airport.radar'), channelOf('queue', 'airport.bags')]
    for (const channel of [radar, bags]) {
      await transport.declare(channel, never)
      for (const n of [1, 2]) await transport.publish({ channel, message: messageOf(channel, n) }, never)
    }
    const js = (await jetstreamManager(nc)).jetstream()
    const reader = await js.consumers.get('airport_radar', { deliver_policy: DeliverPolicy.All })
    expect([(await reader.next())?.json(), (await reader.next())?.json()]).toEqual([1, 2])
    const worker = await js.consumers.get('airport_bags', 'workers')
    const taken = await worker.next()
    expect([taken?.json(), await taken?.ackAck()]).toEqual([1, true])
    const inbox = await consume(transport, bags)
    await inbox.until(1)
    expect(inbox.values).toEqual([2])
  })

  it('R1 a foreign request gets a plain answer, and a foreign responder answers ours', async () => {
    const { url } = await server()
    const [transport, nc] = [await link({ url }), await bare(url)]
    const ours = channelOf('request', 'airport.gate')
    await transport.declare(ours, never)
    await transport.accept(
      { channel: ours, pattern: ours.name, concurrency: 4 },
      ({ message, exchange }) => {
        void exchange.send({ body: message.body, end: true })
        exchange.close({ code: 'DONE' })
        return { part() {}, closed() {} }
      },
      never,
    )
    const answer = await nc.request('airport.gate', JSON.stringify({ flight: 'KL23' }))
    expect(answer.json()).toEqual({ flight: 'KL23' })

    const theirs = channelOf('request', 'airport.weather')
    nc.subscribe('airport.weather', {
      callback: (_, msg) => void msg.respond(JSON.stringify({ sky: 'clear' })),
    })
    await nc.flush()
    const parts: Part[] = []
    const closed = await new Promise<Closed>((resolve) => {
      const message = messageOf(theirs, {})
      const peer = { part: (part: Part) => void parts.push(part), closed: resolve }
      transport.open({ channel: theirs, message, timeoutMs: 5_000 }, peer, never)
    })
    expect([closed.code, parts.map(({ body }) => new TextDecoder().decode(body.bytes()))]).toEqual([
      'DONE',
      ['{"sky":"clear"}'],
    ])
  })
})
