/** What the broker refuses, and what is not as it should be: said by code, at once, with the link still good. */

import { createServer } from 'node:net'
import { contract, event, queue } from 'busbar'
import { systemClock, systemRandom } from 'busbar/transport'
import type { Channel } from 'rabbitmq-client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { plan, rabbitmq } from '../src/index.js'
import { bare, busOn, collector, largest, server } from './world.js'

const airport = contract('airport', {
  moveBag: queue(z.string(), { durable: true, maxBytes: 1_000_000 }),
  landed: event(z.string(), { durable: true, retry: { attempts: 3 } }),
})
const host = {
  ...{ service: 's', instance: 'i', clock: systemClock, random: systemRandom },
  onState() {},
}

describeBroker('rabbitmq', 'refusals', () => {
  it('UNREACHABLE names the place when there is no broker, and when nobody answers', async () => {
    const silent = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const url = `amqp://127.0.0.1:${port}`
    const unanswered = rabbitmq({ url, connectTimeoutMs: 200 })(host)
    await expect(unanswered).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining(url),
    })
    await new Promise((resolve) => silent.close(resolve))
    await expect(rabbitmq({ url })(host)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('AUTH_FAILED for a wrong password, PERMISSION_DENIED for an unknown virtual host', async () => {
    const { url, port } = await server()
    await expect(rabbitmq({ url, password: 'wrong' })(host)).rejects.toMatchObject({ code: 'AUTH_FAILED' })
    const elsewhere = `amqp://guest:guest@127.0.0.1:${port}/nowhere`
    await expect(rabbitmq({ url: elsewhere })(host)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it('PERMISSION_DENIED for what the user may not make, and what it may goes on', async () => {
    const { url } = await server()
    const options = { url, username: 'limited', password: 'limited' }
    const denied = await busOn({ ...options, prefix: 'theirs.' })
    await expect(denied.send(airport.moveBag, 'x')).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('theirs.'),
    })
    const allowed = await busOn({ ...options, prefix: 'mine.' })
    await expect(allowed.send(airport.moveBag, 'x')).resolves.toMatchObject({ level: 'durable' })
  })

  it('F11 TOO_LARGE for the one message above the limit of the server, whose neighbours are receipted', async () => {
    const { url } = await server()
    const bus = await busOn({ url, prefix: 'large.' })
    await bus.send(airport.moveBag, 'first')
    const sends = ['a', 'x'.repeat(largest), 'b', 'c'].map((text) => bus.send(airport.moveBag, text))
    const settled = await Promise.allSettled(sends)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { code: 'TOO_LARGE', outcome: 'rejected' } })
    const seen = collector<string>()
    await bus.work(airport.moveBag, (text) => seen.add(text))
    expect(await seen.until(({ length }) => length === 4)).toEqual(['first', 'a', 'b', 'c'])
  })

  it('C5 verify names what is missing and what differs; what was made by create passes', async () => {
    const { url } = await server()
    const amqp = await bare(url)
    const prefix = 'plan.'
    const missing = await busOn({ url, prefix, provision: 'verify' })
    await expect(missing.send(airport.moveBag, 'x')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('queue plan.airport.moveBag does not exist'),
    })
    await (await busOn({ url, prefix })).send(airport.moveBag, 'x')
    await expect(
      (await busOn({ url, prefix, provision: 'verify' })).send(airport.moveBag, 'x'),
    ).resolves.toMatchObject({ level: 'durable' })
    await amqp.queueDelete({ queue: 'plan.airport.moveBag' })
    await amqp.queueDeclare({ queue: 'plan.airport.moveBag', durable: true })
    for (const provision of ['verify', 'create'] as const) {
      const bus = await busOn({ url, prefix, provision })
      await expect(bus.send(airport.moveBag, 'x')).rejects.toMatchObject({
        code: 'CONTRACT_MISMATCH',
        message: expect.stringMatching(/plan\.airport\.moveBag has x-queue-type \w+ instead of quorum/),
      })
    }
    await expect(
      (await busOn({ url, prefix, provision: 'off' })).send(airport.moveBag, 'x'),
    ).resolves.toMatchObject({ level: 'durable' })
  })

  it('E3 declared groups exist before the first publish, and everything planned exists', async () => {
    const { url } = await server()
    const amqp = await bare(url)
    const groups = { 'airport.landed': ['billing'] }
    const bus = await busOn({ url, prefix: 'early.', groups })
    await bus.publish(airport.landed, 'KL23')
    for (const { type, name } of plan([airport.landed], { prefix: 'early.', groups })) {
      if (type === 'queue') await amqp.queueDeclare({ queue: name, passive: true })
      if (type === 'exchange') await amqp.exchangeDeclare({ exchange: name, passive: true })
    }
    const seen = collector<string>()
    await bus.subscribe(airport.landed, (text) => seen.add(text), { group: 'billing' })
    expect(await seen.until(({ length }) => length === 1)).toEqual(['KL23'])
  })

  it('NOT_FOUND for a send whose queue was deleted: a confirm alone would not say so', async () => {
    const { url } = await server()
    const [bus, amqp] = [await busOn({ url, prefix: 'gone.' }), await bare(url)]
    await bus.send(airport.moveBag, 'x')
    await amqp.queueDelete({ queue: 'gone.airport.moveBag' })
    await expect(bus.send(airport.moveBag, 'y')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      outcome: 'rejected',
    })
  })

  it.each([
    ['in one write', false],
    ['each by the client, where that hides how it keeps channels', true],
  ])('Q1 of many sends exactly those whose queue is there are receipted: %s', async (_, isHidden) => {
    const { url } = await server()
    const amqp = await bare(url)
    const { get } = Reflect
    const prototype: Channel = Object.getPrototypeOf(amqp)
    const spy = vi
      .spyOn(Reflect, 'get')
      .mockImplementation((target, key) => (key === '_state' && isHidden ? undefined : get(target, key)))
    const byClient = vi.spyOn(prototype, 'basicPublish')
    onTestFinished(() => [spy, byClient].forEach((one) => void one.mockRestore()))
    const prefix = `mixed-${isHidden}.`
    const bus = await busOn({ url, prefix })
    const topics = contract('mixed', { there: queue(z.number()), gone: queue(z.number()) })
    await bus.send(topics.there, 0)
    await bus.send(topics.gone, 0)
    await amqp.queueDelete({ queue: `${prefix}mixed.gone` })
    const ofRound = Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? 'fulfilled' : 'rejected'))
    const rounds = 10
    for (let round = 0; round < rounds; round += 1) {
      const sends = ofRound.map((what, n) =>
        bus.send(what === 'fulfilled' ? topics.there : topics.gone, round * ofRound.length + n),
      )
      const settled = await Promise.allSettled(sends)
      expect(settled.map(({ status }) => status)).toEqual(ofRound)
    }
    expect(byClient.mock.calls.length > 0).toBe(isHidden)
    const seen = collector<number>()
    await bus.work(topics.there, (n) => seen.add(n))
    const wanted = Array.from({ length: (rounds * ofRound.length) / 2 }, (_, n) => 2 * n)
    expect(await seen.until(({ length }) => length > wanted.length)).toEqual([0, ...wanted])
  })
})
