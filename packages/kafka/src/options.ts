/** What `kafka()` is given, checked at once. */

import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { Provision } from '@busbar/adapter'
import type { SASLOptions } from '@platformatic/kafka'
import { BusError } from 'busbar/transport'
import type { BrokerAddress } from './wire/cluster.js'

/** How a link shows who it is. */
export interface KafkaCredentials {
  /** Default: `SCRAM-SHA-512`. */
  readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

export interface KafkaOptions {
  /** `kafka://host:9092`, or several hosts with commas between them; `kafkas://` for TLS. */
  readonly url: string
  /** Instead of those in the url: `kafka://user:password@host`. */
  readonly credentials?: KafkaCredentials
  /** Given to `tls.connect`; switches TLS on. */
  readonly tls?: TlsOptions
  /** What is done about topics and groups: default `create`. */
  readonly provision?: Provision
  /** Before every name at the broker; default none. */
  readonly prefix?: string
  /** Durable groups of tracked events that exist before the first publish, by topic: `{ 'airport.landed': ['billing'] }`. */
  readonly groups?: Readonly<Record<string, readonly string[]>>
  /** Partitions of new topics; default 1. With more, order holds within a key only, and streams are refused. */
  readonly partitions?: number
  /** Replicas of new topics; default: as the broker says. */
  readonly replicationFactor?: number
  /** Replicas that must have a record before its receipt; default: as the broker says. */
  readonly minInSyncReplicas?: number
  /** How long topics of queues and tracked events keep records, handled or not, in ms; default 7 days, -1 for ever. */
  readonly retentionMs?: number
  /** Largest payload in bytes; default 1,048,576. */
  readonly maxMessageBytes?: number
  /** How long connecting may take in ms; default 5,000. */
  readonly connectTimeoutMs?: number
  /** How much may wait for its receipt, in bytes; default 67,108,864. */
  readonly maxWaitingBytes?: number
}

/** The options with every default filled in. */
export interface Settings {
  readonly bootstrap: readonly BrokerAddress[]
  readonly tls: TlsOptions | undefined
  readonly sasl: SASLOptions | undefined
  readonly provision: Provision
  readonly prefix: string
  readonly groups: Readonly<Record<string, readonly string[]>>
  readonly partitions: number
  readonly replicationFactor: number | undefined
  readonly minInSyncReplicas: number | undefined
  readonly retentionMs: number
  readonly maxMessageBytes: number
  readonly connectTimeoutMs: number
  readonly maxWaitingBytes: number
}

const defaultPort = 9092
const weekMs = 604_800_000
const modes: readonly string[] = ['create', 'verify', 'off'] satisfies Provision[]

const wrong = (text: string): BusError => new BusError('INVALID_OPTION', text)

function whole(name: string, value: number | undefined, fallback: number, least = 1): number {
  if (value === undefined) return fallback
  if (!Number.isSafeInteger(value) || value < least)
    throw wrong(`${name} must be a whole number from ${least}.`)
  return value
}

interface Address {
  readonly bootstrap: BrokerAddress[]
  readonly isSecure: boolean
  readonly credentials: KafkaCredentials | undefined
}

function addresses(url: string): Address {
  const match = /^(kafkas?):\/\/(?:([^/?#@:]+):([^/?#@]+)@)?([^/?#@]+)\/?$/.exec(url)
  if (match === null)
    throw wrong('The url must look like kafka://host:9092 or kafka://user:password@host:9092.')
  const [, scheme, user, password, places = ''] = match
  const credentials =
    user === undefined || password === undefined
      ? undefined
      : { username: decodeURIComponent(user), password: decodeURIComponent(password) }
  const bootstrap = places.split(',').map((place) => {
    const parsed = URL.canParse(`tcp://${place}`) ? new URL(`tcp://${place}`) : undefined
    if (parsed === undefined || parsed.hostname === '') throw wrong(`The url has no host in "${place}".`)
    const port = parsed.port === '' ? defaultPort : Number(parsed.port)
    return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port }
  })
  return { bootstrap, isSecure: scheme === 'kafkas', credentials }
}

function optional(name: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : whole(name, value, 1)
}

/** Throws INVALID_OPTION naming what is wrong. */
export function settingsOf(options: KafkaOptions): Settings {
  const { bootstrap, isSecure, ...given } = addresses(options.url)
  const { credentials = given.credentials, provision = 'create', prefix = '', groups = {} } = options
  if (!modes.includes(provision)) throw wrong(`provision must be one of ${modes.join(', ')}.`)
  if (!/^[A-Za-z0-9._-]*$/.test(prefix))
    throw wrong('prefix takes letters, digits, dots, dashes and underscores.')
  const { retentionMs = weekMs } = options
  if (retentionMs !== -1) whole('retentionMs', retentionMs, weekMs)
  return {
    bootstrap,
    tls: options.tls ?? (isSecure ? {} : undefined),
    sasl:
      credentials === undefined
        ? undefined
        : {
            mechanism: credentials.mechanism ?? 'SCRAM-SHA-512',
            username: credentials.username,
            password: credentials.password,
          },
    provision,
    prefix,
    groups,
    partitions: whole('partitions', options.partitions, 1),
    replicationFactor: optional('replicationFactor', options.replicationFactor),
    minInSyncReplicas: optional('minInSyncReplicas', options.minInSyncReplicas),
    retentionMs,
    maxMessageBytes: whole('maxMessageBytes', options.maxMessageBytes, 1_048_576),
    connectTimeoutMs: whole('connectTimeoutMs', options.connectTimeoutMs, 5_000),
    maxWaitingBytes: whole('maxWaitingBytes', options.maxWaitingBytes, 67_108_864),
  }
}
