/** Programs that know nothing of Busbar read what we write, and write what we read, with the bare client. */

import { contract, event, queue, request } from 'busbar'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { bare, busOn, collector, server } from './world.js'

const Bag = z.object({ bag: z.number() })
const airport = contract('airport', {
  moveBag: queue(Bag, { retry: { attempts: 2 } }),
  landed: event(Bag, { path: '{airline}' }),
  billed: event(Bag, { path: '{airline}', retry: { attempts: 2 } }),
  weigh: request({ input: Bag, output: z.number() }),
})

describeBroker('rabbitmq', 'foreign programs', () => {
  it('a message of ours is JSON with CloudEvents headers in the queue of its topic', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'out.' }), await bare(url)]
    const { id } = await bus.send(airport.moveBag, { bag: 7 }, { headers: { traceparent: '00-a-b-01' } })
    const message = await amqp.basicGet({ queue: 'out.airport.moveBag' })
    expect(message).toMatchObject({
      contentType: 'application/json',
      messageId: id,
      durable: true,
      headers: {
        'cloudEvents:specversion': '1.0',
        'cloudEvents:id': id,
        'cloudEvents:type': 'airport.moveBag',
        traceparent: '00-a-b-01',
      },
    })
    expect(JSON.parse(String(message?.body))).toEqual({ bag: 7 })
  })

  it('events are routed by their address in the exchange of their topic', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'out.' }), await bare(url)]
    await bus.subscribe(airport.landed, () => {})
    const { queue: own } = await amqp.queueDeclare({ queue: '', exclusive: true })
    await amqp.queueBind({ queue: own, exchange: 'out.airport.landed', routingKey: 'airport.landed.KL' })
    await bus.publish(airport.landed, { bag: 1 }, { params: { airline: 'BA' } })
    await bus.publish(airport.landed, { bag: 2 }, { params: { airline: 'KL' } })
    const message = await amqp.basicGet({ queue: own })
    expect([message?.routingKey, JSON.parse(String(message?.body))]).toEqual([
      'airport.landed.KL',
      { bag: 2 },
    ])
  })

  it.each([
    ['without any header', 'in', {}],
    ['with an empty id', 'empty', { messageId: '' }],
  ])(
    'a foreign message %s is handled, keeps one id over its tries, and its own headers',
    async (_, place, more) => {
      const { url } = await server()
      const [bus, amqp] = [await busOn({ url, prefix: `${place}.` }), await bare(url)]
      const seen = collector<{ id: string; attempt: number; value: unknown; mine: string | undefined }>()
      await bus.work(airport.moveBag, (value, ctx) => {
        seen.add({ id: ctx.id, attempt: ctx.attempt, value, mine: ctx.headers.mine })
        if (ctx.attempt === 1) throw new Error('again')
      })
      // The client says application/json for objects, as many do.
      const to = { routingKey: `${place}.airport.moveBag`, headers: { mine: 'x' } }
      await amqp.basicPublish({ ...to, ...more }, { bag: 1 })
      const [first, second] = await seen.until(({ length }) => length === 2)
      expect([first?.attempt, second?.attempt]).toEqual([1, 2])
      expect([first?.value, second?.value, second?.mine]).toEqual([{ bag: 1 }, { bag: 1 }, 'x'])
      expect(second?.id).toBe(first?.id)
      expect(first?.id).toMatch(/./)
    },
  )

  it('foreign payloads are validated like others: what does not match becomes a dead letter', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'bad.' }), await bare(url)]
    const done = collector<unknown>()
    await bus.work(airport.moveBag, (value) => done.add(value))
    await amqp.basicPublish({ routingKey: 'bad.airport.moveBag', messageId: 'odd' }, Buffer.from('no json'))
    await amqp.basicPublish({ routingKey: 'bad.airport.moveBag' }, { bag: 2 })
    await done.until(({ length }) => length === 1)
    const letters = await bus.deadLetters(airport.moveBag).list()
    expect(letters.letters.map(({ id, reason }) => [id, reason])).toEqual([['odd', 'undecodable']])
  })

  it('a foreign event reaches plain and tracked groups with the address of its routing key', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'in.' }), await bare(url)]
    const seen = collector<string>()
    await bus.subscribe(airport.landed, (_, ctx) => seen.add(`plain ${ctx.params.airline}`), {
      group: 'each',
    })
    await bus.subscribe(airport.billed, (_, ctx) => seen.add(`tracked ${ctx.params.airline}`))
    for (const topic of ['airport.landed', 'airport.billed']) {
      await amqp.basicPublish({ exchange: `in.${topic}`, routingKey: `${topic}.KL` }, { bag: 1 })
    }
    expect([...(await seen.until(({ length }) => length === 2))].sort()).toEqual(['plain KL', 'tracked KL'])
  })

  it('R1 a foreign caller gets a plain answer by reply-to and correlation id', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'in.' }), await bare(url)]
    await bus.reply(airport.weigh, ({ bag }) => bag * 2)
    const { queue: replyTo } = await amqp.queueDeclare({ queue: '', exclusive: true })
    const answers = collector<{ correlationId: string | undefined; body: unknown }>()
    await amqp.basicConsume({ queue: replyTo, noAck: true }, ({ correlationId, body }) =>
      answers.add({ correlationId, body: JSON.parse(String(body)) }),
    )
    const call = {
      exchange: 'in.airport.weigh',
      routingKey: 'airport.weigh',
      replyTo,
      correlationId: 'call-1',
    }
    await amqp.basicPublish(call, { bag: 21 })
    const [answer] = await answers.until(({ length }) => length === 1)
    expect(answer).toEqual({ correlationId: 'call-1', body: 42 })
  })
})
