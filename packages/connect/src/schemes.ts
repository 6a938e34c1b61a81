/** Which package serves which scheme of a URL, and how its factory is called. */

import type { Connect } from 'busbar/transport'

/** What every wire behind a URL is made with. */
export interface WireOptions {
  readonly url: string
  readonly token?: string
}

export interface Scheme {
  readonly package: string
  /** Imports the package; a bundler sees a literal specifier, a program pays only for the wire it names. */
  load(): Promise<(options: WireOptions) => Connect>
}

/** Picks a factory out of a package that may be of another version than this one expects. */
async function factory(
  loaded: Promise<object>,
  from: string,
  name: string,
): Promise<(options: WireOptions) => Connect> {
  const found: unknown = Reflect.get(await loaded, name)
  if (typeof found !== 'function') throw new TypeError(`${from} does not export ${name}()`)
  return (options) => Reflect.apply(found, undefined, [options])
}

const tcp: Scheme = {
  package: '@busbar/tcp',
  load: async () => (await import('@busbar/tcp')).tcp,
}

const websocket: Scheme = {
  package: '@busbar/websocket',
  load: async () => (await import('@busbar/websocket')).websocket,
}

/** A wire whose package this one does not know at compile time. */
const adapter = (name: string, exported: string): Scheme => ({
  package: name,
  load: () => factory(import(/* @vite-ignore */ name), name, exported),
})

/** By the scheme of the URL, without the colon. */
export const schemes: ReadonlyMap<string, Scheme> = new Map([
  ['tcp', tcp],
  ['ws', websocket],
  ['wss', websocket],
  ['nats', adapter('@busbar/nats', 'nats')],
  ['amqp', adapter('@busbar/rabbitmq', 'rabbitmq')],
  ['amqps', adapter('@busbar/rabbitmq', 'rabbitmq')],
  // AMQP 1.0 calls itself `amqp:` too, but that is what RabbitMQ's own protocol is called everywhere.
  ['amqp10', adapter('@busbar/amqp', 'amqp')],
  ['amqps10', adapter('@busbar/amqp', 'amqp')],
  ['kafka', adapter('@busbar/kafka', 'kafka')],
  ['kafkas', adapter('@busbar/kafka', 'kafka')],
  ['redis', adapter('@busbar/redis', 'redis')],
  ['rediss', adapter('@busbar/redis', 'redis')],
  ['sqs', adapter('@busbar/sqs', 'sqs')],
  ['zmq', adapter('@busbar/zeromq', 'zeromq')],
])
