/** What users say about the server, checked once and filled in. */

import type { Provision } from '@busbar/adapter'
import { BusError } from 'busbar/transport'
import { attributeBytes } from './capabilities.js'
import { prefixForm } from './names.js'
import { addressOf, type SqsCredentials } from './server-address.js'

export interface SqsOptions {
  /**
   * `sqs://sqs.eu-central-1.amazonaws.com` for Amazon's service in a region, or `sqs://host:port?region=…` for a
   * compatible server, which is spoken to by HTTP, with `&tls=true` by HTTPS. Instead of `endpoint` and `region`.
   */
  readonly url?: string
  /** `https://…` or `http://…` of a compatible server; default: Amazon's service in the region. */
  readonly endpoint?: string
  /** Default: that of the URL, else the environment's. */
  readonly region?: string
  /** Default: those the AWS SDK finds (environment, profile, role); a compatible server is given placeholders. */
  readonly credentials?: SqsCredentials
  /** Begins the name of every queue, so that environments can share an account; 1 to 12 letters, digits, hyphens. */
  readonly prefix?: string
  /** Whether queues are made (`create`, default), only compared (`verify`), or taken for granted (`off`). */
  readonly provision?: Provision
  /** Groups per topic that exist before the first publish: `{ 'airport.landed': ['billing'] }`. */
  readonly groups?: Readonly<Record<string, readonly string[]>>
  /**
   * Whether plain events go through FIFO queues, which keep the order of each publisher and take 3,000 messages a
   * second each; default true. Without, they come in nearly any order, at any rate. All services need the same value.
   */
  readonly fifoEvents?: boolean
  /** How long one poll waits for messages, in whole seconds from 1 to 20; default 5. Closing waits for a poll. */
  readonly waitSeconds?: number
  /** How long a publisher of events trusts its list of queues, in ms from 10 to 60,000; default 1,000. */
  readonly routesMs?: number
  /**
   * `MaximumMessageSize` of the queues in bytes, 65,536 to 1,048,576; default 262,144. A payload may have three quarters
   * of what is left after 32,768 bytes for attributes.
   */
  readonly maxMessageBytes?: number
  /** Publishes that may wait in this process; default 10,000. QUEUE_FULL beyond. */
  readonly maxQueuedMessages?: number
  /** How long the first connection is tried, in ms; default 5,000. */
  readonly connectTimeoutMs?: number
}

/** The options with every default. */
export interface Settings {
  /** For messages; without secrets. */
  readonly place: string
  readonly isAmazon: boolean
  readonly endpoint: string | undefined
  readonly region: string | undefined
  readonly credentials: SqsCredentials | undefined
  readonly prefix: string | undefined
  readonly provision: Provision
  readonly groups: ReadonlyMap<string, readonly string[]>
  readonly fifoEvents: boolean
  readonly waitSeconds: number
  readonly routesMs: number
  readonly maxMessageBytes: number
  readonly maxQueuedMessages: number
  readonly connectTimeoutMs: number
}

const known: ReadonlySet<string> = new Set<keyof SqsOptions>([
  ...(['url', 'endpoint', 'region', 'credentials', 'prefix', 'provision', 'groups', 'fifoEvents'] as const),
  ...(['waitSeconds', 'routesMs', 'maxMessageBytes', 'maxQueuedMessages', 'connectTimeoutMs'] as const),
])

/** INVALID_OPTION names what is wrong. */
export function settingsOf(options: SqsOptions): Settings {
  for (const name of Object.keys(options)) {
    // `token` is what connect() hands to every wire.
    if (!known.has(name) && name !== 'token') throw invalid(`sqs() knows no option "${name}"`)
  }
  const { prefix, provision = 'create', groups = {} } = options
  if (prefix !== undefined && !prefixForm.test(prefix)) {
    throw invalid(`prefix is "${prefix}"; it must be 1 to 12 letters, digits and hyphens`)
  }
  if (!['create', 'verify', 'off'].includes(provision)) {
    throw invalid(`provision is "${String(provision)}"; it must be create, verify or off`)
  }
  return {
    ...addressOf(options),
    prefix,
    provision,
    groups: new Map(Object.entries(groups)),
    fifoEvents: options.fifoEvents ?? true,
    waitSeconds: whole('waitSeconds', options.waitSeconds ?? 5, 1, 20),
    routesMs: whole('routesMs', options.routesMs ?? 1_000, 10, 60_000),
    maxMessageBytes: whole(
      'maxMessageBytes',
      options.maxMessageBytes ?? 262_144,
      attributeBytes * 2,
      1_048_576,
    ),
    maxQueuedMessages: whole('maxQueuedMessages', options.maxQueuedMessages ?? 10_000, 1, 1_000_000),
    connectTimeoutMs: whole('connectTimeoutMs', options.connectTimeoutMs ?? 5_000, 1, 600_000),
  }
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalid(`${name} is ${value}; it must be a whole number from ${least} to ${most}`)
}

function invalid(what: string): BusError {
  return new BusError('INVALID_OPTION', `${what}.`)
}
