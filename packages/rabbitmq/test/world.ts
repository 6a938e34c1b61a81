/** One real server for the tests of a file, with a user who may do little and a limit on messages. */

import { type Bus, createBus } from 'busbar'
import { type Channel as AmqpChannel, Connection } from 'rabbitmq-client'
import { afterAll, onTestFinished } from 'vitest'
import { type Broker, startBroker } from '../../../tooling/brokers/index.mjs'
import { type RabbitmqOptions, rabbitmq } from '../src/index.js'

/** The server refuses what is larger. */
export const largest = 200_000

const user = (name: string, configure: string) => ({
  account: { name, password: name, tags: name === 'guest' ? 'administrator' : '' },
  permission: { user: name, vhost: '/', configure, write: '.*', read: '.*' },
})
const users = [user('guest', '.*'), user('limited', '^mine\\.')]

const definitions = JSON.stringify({
  vhosts: [{ name: '/' }],
  users: users.map(({ account }) => account),
  permissions: users.map(({ permission }) => permission),
})

let started: Promise<Broker> | undefined

/** Started with the first test that asks. */
export function server(): Promise<Broker> {
  started ??= startBroker('rabbitmq', {
    files: { 'definitions.json': definitions },
    config: `load_definitions = {dir}/definitions.json\nmax_message_size = ${largest}`,
  })
  return started
}

afterAll(async () => {
  await (await started)?.close()
})

/** A bus that is closed at the end of the test. */
export async function busOn(options: RabbitmqOptions, service = 'test'): Promise<Bus> {
  const bus = await createBus({ service, transport: rabbitmq(options), drainTimeoutMs: 500 })
  onTestFinished(() => bus.close())
  return bus
}

/** A channel of the bare client. */
export async function bare(url: string): Promise<AmqpChannel> {
  const connection = new Connection({ url, noDelay: true })
  // Calls say themselves what went wrong.
  connection.on('error', () => {})
  const channel = await connection.acquire()
  channel.on('error', () => {})
  onTestFinished(() => connection.unsafeDestroy())
  return channel
}

/** Collects values until there are enough. */
export function collector<T>() {
  const values: T[] = []
  let wake: () => void = () => {}
  return {
    values,
    add(value: T): void {
      values.push(value)
      wake()
    },
    async until(isEnough: (values: readonly T[]) => boolean): Promise<readonly T[]> {
      while (!isEnough(values)) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return values
    },
  }
}
