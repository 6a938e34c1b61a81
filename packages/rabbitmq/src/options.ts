/** What a user may say about the broker, checked once. */

import type { Provision } from '@busbar/adapter'
import { BusError } from 'busbar/transport'

export interface RabbitmqOptions {
  /** `amqp://user:password@host:5672/vhost`, or `amqps://` for TLS; the vhost defaults to `/`. */
  readonly url: string
  /** Instead of the one in the URL. */
  readonly username?: string
  /** Instead of the one in the URL; never logged. */
  readonly password?: string
  /** Who makes exchanges and queues: `create` (default), `verify` or `off`. */
  readonly provision?: Provision
  /** Before the name of everything at the broker, for example `staging.`; default nothing. */
  readonly prefix?: string
  /** Groups of tracked events and of streams that exist before the first publish, by topic: `{ 'airport.landed': ['billing'] }`. */
  readonly groups?: Readonly<Record<string, readonly string[]>>
  /** How long connecting may take in ms; default 5,000. UNREACHABLE afterwards. */
  readonly connectTimeoutMs?: number
  /** Without a word from the broker for twice this time the connection is given up; in seconds, default 15. */
  readonly heartbeatSeconds?: number
  /** Largest payload in bytes, not above the broker's `max_message_size`; default 16,777,216, that of RabbitMQ 4. */
  readonly maxMessageBytes?: number
  /** Publishes that may wait here while the broker is away, blocked or behind; default 10,000. QUEUE_FULL beyond. */
  readonly maxQueuedMessages?: number
  /** Payload bytes that may wait in all; default 67,108,864. QUEUE_FULL beyond. */
  readonly maxQueuedBytes?: number
}

/** The options with every default filled in. */
export interface Settings {
  readonly url: string
  /** The URL without credentials, for messages. */
  readonly address: string
  readonly provision: Provision
  readonly prefix: string
  readonly groups: Readonly<Record<string, readonly string[]>>
  readonly connectTimeoutMs: number
  readonly heartbeatSeconds: number
  readonly maxMessageBytes: number
  readonly maxQueuedMessages: number
  readonly maxQueuedBytes: number
}

const modes: readonly Provision[] = ['create', 'verify', 'off']

/** Throws INVALID_OPTION. */
export function settingsOf(options: RabbitmqOptions): Settings {
  const { provision = 'create', prefix = '', groups = {} } = options
  if (!modes.includes(provision)) refuse(`provision must be one of ${modes.join(', ')}`)
  if (!/^[A-Za-z0-9_.:-]{0,64}$/.test(prefix)) {
    refuse('prefix must be at most 64 letters, digits, dots, colons, hyphens or underscores')
  }
  for (const [topic, names] of Object.entries(groups)) {
    if (!Array.isArray(names) || names.some((name) => typeof name !== 'string' || name === '')) {
      refuse(`groups["${topic}"] must be a list of names`)
    }
  }
  return {
    ...urlOf(options),
    provision,
    prefix,
    groups,
    connectTimeoutMs: count(options, 'connectTimeoutMs', 5_000),
    heartbeatSeconds: count(options, 'heartbeatSeconds', 15),
    maxMessageBytes: count(options, 'maxMessageBytes', 16_777_216),
    maxQueuedMessages: count(options, 'maxQueuedMessages', 10_000),
    maxQueuedBytes: count(options, 'maxQueuedBytes', 67_108_864),
  }
}

type Count =
  | 'connectTimeoutMs'
  | 'heartbeatSeconds'
  | 'maxMessageBytes'
  | 'maxQueuedMessages'
  | 'maxQueuedBytes'

function count(options: RabbitmqOptions, name: Count, fallback: number): number {
  const value = options[name] ?? fallback
  if (!Number.isSafeInteger(value) || value < 1) refuse(`${name} must be a positive integer`)
  return value
}

function urlOf({ url: text, username, password }: RabbitmqOptions): { url: string; address: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^amqps?:$/.test(url.protocol) || url.hostname === '') {
    refuse('url must look like amqp://user:password@host:5672/vhost')
  }
  const address = `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`
  if (username !== undefined) url.username = encodeURIComponent(username)
  if (password !== undefined) url.password = encodeURIComponent(password)
  // What a fresh server lets in from its own machine.
  if (url.username === '') url.username = 'guest'
  if (url.password === '') url.password = 'guest'
  return { url: url.href, address }
}

function refuse(why: string): never {
  throw new BusError('INVALID_OPTION', `rabbitmq(): ${why}.`)
}
