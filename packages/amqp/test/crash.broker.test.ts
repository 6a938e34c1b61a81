/** The broker is killed under load: what was receipted as durable arrives, and consumers come back by themselves. */

import { contract, createBus, event, queue } from 'busbar'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { amqp } from '../src/index.js'
import { withResolvers } from './with-resolvers.js'

const airport = contract('crash', {
  bag: queue(z.number(), { durable: true }),
  radar: event(z.number()),
})
const total = 3_000

describeBroker('artemis', 'a killed broker', () => {
  test('Q1 F51 every durable receipt is handled, and subscribers are back', async () => {
    await using server = await startBroker('artemis')
    const [tower, loader] = await Promise.all(
      ['tower', 'loader'].map((service) => createBus({ service, transport: amqp({ url: server.url }) })),
    )
    if (tower === undefined || loader === undefined) throw new Error('there are two buses')
    const handled = new Set<number>()
    const atHalf = withResolvers<void>()
    const heard = withResolvers<number>()
    await loader.work(airport.bag, (n) => void handled.add(n), { concurrency: 16 })
    await loader.subscribe(airport.radar, (n) => heard.resolve(n), { group: 'each' })
    const levels = new Set<string>()
    let receipted = 0
    const publishing = Promise.all(
      Array.from({ length: total }, async (_, n) => {
        const { level } = await tower.send(airport.bag, n)
        levels.add(level)
        receipted += 1
        if (receipted === total / 2) atHalf.resolve()
      }),
    )
    await atHalf.promise
    await server.restart('SIGKILL')
    await publishing
    expect([...levels]).toEqual(['durable'])
    await expect.poll(() => handled.size, { timeout: 30_000 }).toBe(total)
    await tower.publish(airport.radar, 7)
    expect(await heard.promise).toBe(7)
    await Promise.all([tower.close(), loader.close()])
  })

  describe('Q3 with a journal that is slow to write', () => {
    // Nanoseconds that a settlement may wait for others before it is written.
    const config = '<journal-buffer-timeout>300000000</journal-buffer-timeout>'

    test('what was handled when a worker had closed does not come again', async () => {
      await using server = await startBroker('artemis', { config })
      const bus = await createBus({ service: 'loader', transport: amqp({ url: server.url }) })
      const handled = withResolvers<number>()
      const worker = await bus.work(airport.bag, (n) => handled.resolve(n))
      await bus.send(airport.bag, 1)
      expect(await handled.promise).toBe(1)
      await worker.close()
      await server.restart('SIGKILL')
      await bus.send(airport.bag, 2)
      const next = withResolvers<number>()
      await bus.work(airport.bag, (n) => next.resolve(n))
      expect(await next.promise).toBe(2)
      await bus.close()
    })

    test('dead letters that were discarded stay so', async () => {
      await using server = await startBroker('artemis', { config })
      const bus = await createBus({ service: 'loader', transport: amqp({ url: server.url }) })
      const handled = withResolvers<number>()
      const worker = await bus.work(airport.bag, (n, { reject }) => {
        handled.resolve(n)
        return reject('lost')
      })
      await bus.send(airport.bag, 1)
      await handled.promise
      await worker.close()
      const letters = bus.deadLetters(airport.bag)
      expect(await letters.discard()).toBe(1)
      await server.restart('SIGKILL')
      expect((await letters.list()).letters).toEqual([])
      await bus.close()
    })
  })

  test('Q3 a worker that closes while the broker dies says that nobody knows what was written', async () => {
    await using server = await startBroker('artemis')
    const bus = await createBus({ service: 'loader', transport: amqp({ url: server.url }) })
    const worker = await bus.work(airport.bag, () => {})
    process.kill(-server.pid, 'SIGSTOP')
    const closing = expect(worker.close()).rejects.toMatchObject({ code: 'DISCONNECTED', outcome: 'unknown' })
    await server.kill()
    await closing
    await bus.close()
  })
})
