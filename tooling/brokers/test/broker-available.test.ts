/** A server that cannot be had is told with what is missing. */
import { afterEach, expect, test, vi } from 'vitest'
import { brokerAvailable, startBroker } from '../index.mjs'

afterEach(() => vi.unstubAllEnvs())

test('what is missing is one sentence, and a start fails with it', async () => {
  vi.stubEnv('PATH', '')
  vi.stubEnv('BUSBAR_BROKERS_FROM', 'docker')
  const why = 'BUSBAR_BROKERS_FROM is docker, and no Docker engine answers'
  expect(brokerAvailable('nats')).toBe(why)
  await expect(startBroker('nats')).rejects.toThrow(`nats cannot be started: ${why}`)
})

test('what npm brings is always there', () => {
  vi.stubEnv('PATH', '')
  expect(brokerAvailable('sqs')).toBe(true)
})
