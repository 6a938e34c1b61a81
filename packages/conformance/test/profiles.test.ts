/** The memory wire as a broker: refuses what the adapter refuses, and no profile drifts from the report of its adapter. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type BrokerName, contract, createBus, event, memory, queue } from 'busbar'
import { type Feature, features } from 'busbar/transport'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Report } from '../src/index.js'
import { capabilitiesOf } from '../src/run.js'

const brokers: readonly BrokerName[] = ['amqp', 'kafka', 'nats', 'rabbitmq', 'redis', 'sqs', 'zeromq']
/** What a process has of itself, or needs a store for. */
const own: readonly Feature[] = ['durable', 'reconnect']

const reportOf = (name: BrokerName): Report | undefined => {
  const path = fileURLToPath(new URL(`../../${name}/conformance.json`, import.meta.url))
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}
const claims = (as: BrokerName) =>
  capabilitiesOf({ connect: memory({ as }), [Symbol.asyncDispose]: async () => undefined })

describe.each(brokers)('memory({ as: %o })', (as) => {
  it('F84 lacks exactly what the adapter lacks, and has its limits', async () => {
    const report = reportOf(as)
    expect(report, `packages/${as}/conformance.json`).toBeDefined()
    const { features: claimed, limits } = await claims(as)
    const judged = features.filter((feature) => !own.includes(feature))
    expect(judged.filter((feature) => claimed[feature] === 'none')).toEqual(
      judged.filter((feature) => report?.features[feature].support === 'none'),
    )
    expect(limits).toEqual(report?.limits)
  })
})

it('F84 a test on memory fails where the broker would refuse', async () => {
  const shop = contract('shop', {
    orders: queue(z.number(), { retry: { attempts: 2 } }),
    sold: event(z.number()),
  })
  await using bus = await createBus({ service: 'shop', transport: memory({ as: 'sqs' }) })
  await expect(bus.inspect(shop.orders)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('memory as sqs'),
  })
  await expect(bus.send(shop.orders, 1, { delayMs: 900_001 })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  })
  await expect(bus.send(shop.orders, 1, { delayMs: 900_000 })).resolves.toMatchObject({ level: 'accepted' })
})

it('an unknown broker is named with those that are known', () => {
  // @ts-expect-error what JavaScript lets through
  expect(() => memory({ as: 'mqtt' })).toThrow(/INVALID_OPTION.*"mqtt".*redis/)
})
