/** What the suite does not ask: foreign clients, provisioning, credentials, permissions, sizes. */

import { contract, createBus, event, queue } from 'busbar'
import { type Host, isBusError, systemClock } from 'busbar/transport'
import rhea, { type EventContext } from 'rhea'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { type AmqpOptions, amqp, plan } from '../src/index.js'
import { leaveUndecoded } from '../src/undecoded.js'
import { bareClient } from './bare-client.js'
import { withResolvers } from './with-resolvers.js'

type Server = Awaited<ReturnType<typeof startBroker>>

describeBroker('artemis', 'amqp() beside foreign hands', () => {
  let server: Server
  beforeAll(async () => {
    server = await startBroker('artemis')
  })
  afterAll(() => server.close())

  const busOf = (service: string, options: Partial<AmqpOptions> = {}) =>
    createBus({ service, transport: amqp({ url: server.url, ...options }) })
  const bagsOf = (name: string) => contract(name, { bag: queue(z.object({ kg: z.number() })) }).bag
  const refusal = (error: unknown) =>
    isBusError(error) ? { code: error.code, message: error.message } : error

  test('Q1 a foreign consumer reads JSON, standard fields and CloudEvents attributes', async () => {
    const bag = bagsOf('foreignout')
    await using bare = await bareClient(server.port)
    const bus = await busOf('tower')
    const receipt = await bus.send(bag, { kg: 7 }, { headers: { mine: 'x' } })
    const message = await bare.take('foreignout.bag')
    expect(JSON.parse(String(message.body.content))).toEqual({ kg: 7 })
    expect([message.message_id, message.content_type]).toEqual([receipt.id, 'application/json'])
    expect(message.application_properties).toMatchObject({
      ...{ 'cloudEvents:id': receipt.id, 'cloudEvents:type': 'foreignout.bag', mine: 'x' },
      ...{ 'cloudEvents:specversion': '1.0', 'cloudEvents:source': 'tower' },
    })
    await bus.close()
  })

  test('Q1 messages come to workers as they were sent: the client decodes nothing', async () => {
    const bag = bagsOf('undecoded')
    const bus = await busOf('tower')
    await bus.send(bag, { kg: 7 })
    const { host, port } = server
    const connection = rhea
      .create_container()
      .connect({ host, port, username: 'busbar', password: 'busbar', reconnect: false })
    const receiver = connection.open_receiver({ source: { address: 'undecoded.bag' }, credit_window: 0 })
    leaveUndecoded(receiver)
    const came = new Promise<EventContext>((resolve) => void receiver.once('message', resolve))
    receiver.add_credit(1)
    const message: unknown = (await came).message
    expect(Buffer.isBuffer(message) && message.includes('{"kg":7}')).toBe(true)
    const over = new Promise((resolve) => void connection.once('connection_close', resolve))
    connection.close()
    await over
    await bus.close()
  })

  test('C2 foreign messages are consumed as they are, and those that do not fit become dead letters', async () => {
    const bag = bagsOf('foreignin')
    await using bare = await bareClient(server.port)
    const bus = await busOf('loader')
    const seen: unknown[] = []
    await using _ = await bus.work(bag, ({ kg }, ctx) => {
      seen.push([kg, ctx.id])
    })
    await bare.send('foreignin.bag', { message_id: 'text', body: '{"kg":1}' })
    await bare.send('foreignin.bag', {
      message_id: 'data',
      body: rhea.message.data_section(Buffer.from('{"kg":2}')),
    })
    await bare.send('foreignin.bag', { message_id: 'odd', body: '{"kg":"heavy"}' })
    await bare.send('foreignin.bag', { message_id: 'value', body: { kg: 3 } })
    await expect
      .poll(() => seen)
      .toEqual([
        [1, 'text'],
        [2, 'data'],
        [3, 'value'],
      ])
    await expect
      .poll(async () => (await bus.deadLetters(bag).list()).letters.map(({ id, reason }) => [id, reason]))
      .toEqual([['odd', 'schema']])
    await bus.close()
  })

  test('a foreign event has its path in the subject', async () => {
    const { landed } = contract('foreignevent', { landed: event(z.number(), { path: '{airline}' }) })
    await using bare = await bareClient(server.port)
    const bus = await busOf('board')
    const heard = withResolvers<unknown>()
    await using _ = await bus.subscribe(landed, (value, ctx) => heard.resolve([value, ctx.params.airline]), {
      where: { airline: 'KL' },
    })
    await bare.send('foreignevent.landed', { subject: 'BA', body: '1' })
    await bare.send('foreignevent.landed', { subject: 'KL', body: '2' })
    expect(await heard.promise).toEqual([2, 'KL'])
    await bus.close()
  })

  test('E3 groups that are declared keep what comes before their first member', async () => {
    const { landed } = contract('declared', { landed: event(z.number(), { retry: { attempts: 2 } }) })
    const bus = await busOf('tower', { groups: { 'declared.landed': ['billing'] } })
    await bus.publish(landed, 1)
    const heard = withResolvers<number>()
    await using _ = await bus.subscribe(landed, (value) => heard.resolve(value), { group: 'billing' })
    expect(await heard.promise).toBe(1)
    await bus.close()
  })

  test('verify: NOT_FOUND names what is missing, and nothing is made', async () => {
    const bag = bagsOf('missing')
    const bus = await busOf('tower', { provision: 'verify' })
    const error = refusal(await bus.send(bag, { kg: 1 }).catch((reason: unknown) => reason))
    expect(error).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('queue missing.bag does not exist'),
    })
    await using bare = await bareClient(server.port)
    expect(await bare.order('getQueueNames')).not.toContain('missing.bag')
    await bus.close()
  })

  test('C5 verify: CONTRACT_MISMATCH names each setting that differs', async () => {
    const bag = bagsOf('changed')
    const maker = await busOf('tower')
    await maker.send(bag, { kg: 1 })
    await maker.close()
    await using bare = await bareClient(server.port)
    await bare.order('addAddressSettings', 'changed.bag', JSON.stringify({ maxDeliveryAttempts: 3 }))
    const bus = await busOf('tower', { provision: 'verify' })
    const error = refusal(await bus.send(bag, { kg: 1 }).catch((reason: unknown) => reason))
    expect(error).toMatchObject({
      code: 'CONTRACT_MISMATCH',
      message: expect.stringContaining(
        'address-settings changed.bag has maxDeliveryAttempts 3 instead of -1',
      ),
    })
    await bus.close()
  })

  test('off: what others made is used as it is, and the plan says what that must be', async () => {
    const bag = bagsOf('byhand')
    await using bare = await bareClient(server.port)
    for (const { type, name, settings } of plan([bag])) {
      if (type !== 'queue') continue
      const made = {
        name,
        address: settings.address,
        'routing-type': settings.routing,
        durable: settings.durable,
      }
      await bare.order('createQueue', JSON.stringify(made), true)
    }
    const bus = await busOf('tower', { provision: 'off' })
    await bus.send(bag, { kg: 5 })
    expect(JSON.parse(String((await bare.take('byhand.bag')).body.content))).toEqual({ kg: 5 })
    await bus.close()
  })

  test('F3 wrong credentials are AUTH_FAILED at once, without the password in the message', async () => {
    const nobody = busOf('tower', { url: `amqp10://127.0.0.1:${server.port}` })
    expect(refusal(await nobody.catch((error: unknown) => error))).toMatchObject({ code: 'AUTH_FAILED' })
    const attempt = busOf('tower', { url: `amqp10://busbar:secret@127.0.0.1:${server.port}` })
    const error = refusal(await attempt.catch((reason: unknown) => reason))
    expect(error).toMatchObject({ code: 'AUTH_FAILED', message: expect.not.stringContaining('secret') })
  })

  test('an absent broker is UNREACHABLE within the time that was given, in one sentence', async () => {
    const attempt = busOf('tower', { url: 'amqp10://127.0.0.1:9', connectTimeoutMs: 300 })
    const error = refusal(await attempt.catch((reason: unknown) => reason))
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('amqp10://127.0.0.1:9'),
    })
  })

  test('a user who may only read is refused with PERMISSION_DENIED, whether it provisions or sends', async () => {
    const bag = bagsOf('denied')
    const maker = await busOf('tower')
    await maker.send(bag, { kg: 1 })
    await maker.close()
    const url = `amqp://guest:guest@127.0.0.1:${server.port}`
    for (const provision of ['create', 'off'] as const) {
      const bus = await busOf('guest', { url, provision })
      const error = refusal(await bus.send(bag, { kg: 1 }).catch((reason: unknown) => reason))
      expect(error).toMatchObject({ code: 'PERMISSION_DENIED' })
      await bus.close()
    }
  })

  test('F2 a message above maxMessageBytes is TOO_LARGE, and the link stays', async () => {
    const { text } = contract('toolarge', { text: queue(z.string()) })
    const bus = await busOf('tower', { maxMessageBytes: 100 })
    const error = refusal(await bus.send(text, 'x'.repeat(200)).catch((reason: unknown) => reason))
    expect(error).toMatchObject({ code: 'TOO_LARGE' })
    await bus.send(text, 'small')
    await bus.close()
  })

  test('F39 a worker that stands still takes no more than its concurrency, whatever waits at the broker', async () => {
    const bag = bagsOf('stalled')
    const host: Host = { service: 's', instance: 'i', clock: systemClock, random: Math.random, onState() {} }
    const transport = await amqp({ url: server.url })(host)
    const bus = await busOf('tower')
    await Promise.all(Array.from({ length: 2_000 }, (_, kg) => bus.send(bag, { kg })))
    let taken = 0
    const { signal } = new AbortController()
    const { channel } = bag
    const request = { channel, pattern: channel.name, group: undefined, concurrency: 4, onGap() {} }
    const full = withResolvers<void>()
    await transport.consume(
      request,
      () => {
        taken += 1
        if (taken === 4) full.resolve()
        return new Promise(() => {})
      },
      signal,
    )
    await full.promise
    await using bare = await bareClient(server.port)
    const filter = JSON.stringify({ field: 'name', operation: 'EQUALS', value: channel.name })
    expect(await bare.order('listQueues', filter, 1, 1)).toContain(String.raw`\"deliveringCount\":\"4\"`)
    expect(taken).toBe(4)
    await transport.close(AbortSignal.abort())
    await bus.close()
  })
})
