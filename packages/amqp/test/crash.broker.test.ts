/** The broker is killed under load: what was receipted as durable arrives, and consumers come back by themselves. */

import { contract, createBus, event, queue } from 'busbar'
import { expect, test } from 'vitest'
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
})
