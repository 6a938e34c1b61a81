/** What users may set, checked at once. */

import type { Provision } from '@busbar/adapter'
import { BusError } from 'busbar/transport'

export interface AmqpOptions {
  /**
   * `amqp10://host:port` or `amqps10://host:port`, as connect() has it, or without the 10; the port defaults to 5672,
   * with TLS to 5671.
   */
  readonly url: string
  /** Default: none, which asks the broker for an anonymous connection. May stand in the URL instead. */
  readonly username?: string
  readonly password?: string
  /** Certificates as PEM text, for an `amqps10://` URL. Default: those that Node trusts. */
  readonly tls?: TlsFiles
  /** Who makes addresses and queues; default `create`. */
  readonly provision?: Provision
  /** Put before every name at the broker with a dot: `prod` gives `prod.airport.landed`. Default: nothing. */
  readonly prefix?: string
  /** Groups of tracked events that are there before the first publish: `{ 'airport.landed': ['billing'] }`. */
  readonly groups?: Readonly<Record<string, readonly string[]>>
  /** Largest payload in bytes; default 16 MiB. TOO_LARGE beyond. */
  readonly maxMessageBytes?: number
  /** How long the first connection is tried, in ms; default 5,000. Later ones are tried until close(). */
  readonly connectTimeoutMs?: number
  /** Publishes that may wait locally while the broker is away or behind; default 10,000. QUEUE_FULL beyond. */
  readonly maxQueuedMessages?: number
  /** Their payload bytes; default 16 MiB. */
  readonly maxQueuedBytes?: number
  /** A broker that is silent for this time is taken for gone, in ms; default 30,000. */
  readonly idleTimeoutMs?: number
}

export interface TlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** Every option with its value. */
export interface Settings extends Naming {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly tls: TlsFiles
  readonly provision: Provision
  readonly maxMessageBytes: number
  readonly connectTimeoutMs: number
  readonly maxQueuedMessages: number
  readonly maxQueuedBytes: number
  readonly idleTimeoutMs: number
}

/** What decides what things are called at the broker. */
export interface Naming {
  readonly prefix: string
  readonly groups: Readonly<Record<string, readonly string[]>>
}

const limits = {
  maxMessageBytes: 16 * 1_048_576,
  connectTimeoutMs: 5_000,
  maxQueuedMessages: 10_000,
  maxQueuedBytes: 16 * 1_048_576,
  idleTimeoutMs: 30_000,
} as const
const known: ReadonlySet<string> = new Set([
  ...['url', 'username', 'password', 'tls', 'provision', 'prefix', 'groups'],
  ...Object.keys(limits),
])
const provisions: ReadonlySet<string> = new Set<Provision>(['create', 'verify', 'off'])
/** Signs that mean something in the names of AMQP brokers. */
const nameForm = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/

const invalid = (text: string): BusError => new BusError('INVALID_OPTION', text)

/** INVALID_OPTION for what is not one, or out of range. */
export function settingsOf(options: AmqpOptions): Settings {
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw invalid(`amqp() has no option "${name}".`)
  }
  const provision = options.provision ?? 'create'
  if (!provisions.has(provision)) throw invalid(`provision is create, verify or off, not ${provision}.`)
  const numbers: Record<keyof typeof limits, number> = { ...limits }
  for (const name of Object.keys(limits) as (keyof typeof limits)[]) {
    const value = options[name] ?? limits[name]
    if (!(value > 0)) throw invalid(`${name} is ${value}; it must be above 0.`)
    numbers[name] = value
  }
  const address = addressOf(options)
  const { tls = {} } = options
  if (options.tls !== undefined && !address.isTls) throw invalid('tls needs an amqps10:// url.')
  return { ...address, ...namingOf(options), ...numbers, provision, tls }
}

/** INVALID_OPTION for names that a broker would misread. */
export function namingOf(options: Pick<AmqpOptions, 'prefix' | 'groups'>): Naming {
  const { prefix = '', groups = {} } = options
  if (prefix !== '' && !nameForm.test(prefix)) {
    throw invalid(`prefix is "${prefix}"; it takes letters, digits, - and _, in parts joined by dots.`)
  }
  return { prefix: prefix === '' ? '' : `${prefix}.`, groups }
}

function addressOf(options: AmqpOptions) {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined
  const scheme = /^amqp(s?)(10)?:$/.exec(url?.protocol ?? '')
  if (url === undefined || url.hostname === '' || scheme === null) {
    throw invalid('The url must look like amqp10://host:5672 or amqps10://host:5671.')
  }
  const isTls = scheme[1] === 's'
  const given = url.port === '' ? undefined : Number(url.port)
  return {
    // Brackets belong to the URL, not to the address.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: given ?? (isTls ? 5671 : 5672),
    isTls,
    username: options.username ?? textOf(url.username),
    password: options.password ?? textOf(url.password),
  }
}

const textOf = (part: string): string | undefined => (part === '' ? undefined : decodeURIComponent(part))
