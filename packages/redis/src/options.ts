/** What users may set, with every default filled in. */

import type { Provision } from '@busbar/adapter'
import { BusError } from 'busbar/transport'

export interface RedisOptions {
  /** `redis://host:port/database`, or `rediss://` for TLS; port 6379 and database 0 by default. */
  readonly url: string
  /** Of the ACL, instead of the one in the url; default: the server's default user. */
  readonly username?: string
  /** Instead of the one in the url; never logged. */
  readonly password?: string
  /** Whether channels are made and verified (`create`, default), only verified, or trusted to be there. */
  readonly provision?: Provision
  /** What every key begins with; default `busbar`. Letters, digits, `.`, `_` and `-`. */
  readonly prefix?: string
  /** Durable groups of topics, which are there before the first publish: `{ 'airport.landed': ['billing'] }`. */
  readonly groups?: Readonly<Record<string, readonly string[]>>
  /**
   * States whether the server has every command on disk before it answers, for servers that do not tell by CONFIG GET.
   * Default: what the server says, and false where it does not.
   */
  readonly durable?: boolean
  /** How long the first connection is tried, in ms; default 5,000. Later ones are tried until close(). */
  readonly connectTimeoutMs?: number
  /** Publishes that may wait locally while the server is away or behind; default 10,000. QUEUE_FULL beyond. */
  readonly maxQueuedMessages?: number
  /** Their payload bytes; default 16 MiB. */
  readonly maxQueuedBytes?: number
  /** How often an idle consumer looks for messages that others added without a word, in ms; default 1,000. */
  readonly lookMs?: number
}

export interface Settings extends Required<Omit<RedisOptions, 'username' | 'password' | 'durable'>> {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly durable: boolean | undefined
}

const mebibyte = 1_048_576
const names = new Set([
  ...['url', 'username', 'password', 'provision', 'prefix', 'groups', 'durable'],
  ...['connectTimeoutMs', 'maxQueuedMessages', 'maxQueuedBytes', 'lookMs'],
])

/** Every setting with its value; INVALID_OPTION names the one that is wrong. */
export function settingsOf(options: RedisOptions): Settings {
  for (const name in options) if (!names.has(name)) throw invalid(`There is no option "${name}".`)
  const settings: Settings = {
    ...addressOf(options),
    durable: options.durable,
    provision: options.provision ?? 'create',
    prefix: options.prefix ?? 'busbar',
    groups: options.groups ?? {},
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    maxQueuedMessages: options.maxQueuedMessages ?? 10_000,
    maxQueuedBytes: options.maxQueuedBytes ?? 16 * mebibyte,
    lookMs: options.lookMs ?? 1_000,
  }
  if (!['create', 'verify', 'off'].includes(settings.provision))
    throw invalid(`provision is "${settings.provision}"; it must be create, verify or off.`)
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(settings.prefix))
    throw invalid(`prefix is "${settings.prefix}"; it takes up to 64 letters, digits, ".", "_" and "-".`)
  for (const name of ['connectTimeoutMs', 'maxQueuedMessages', 'maxQueuedBytes', 'lookMs'] as const) {
    if (!(settings[name] > 0)) throw invalid(`${name} is ${settings[name]}; it must be above 0.`)
  }
  return settings
}

/** The url stays without credentials, so that nothing made of it can tell them. */
function addressOf({ url: text, username, password }: RedisOptions) {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '')
    throw invalid('The url must look like redis://host:6379.')
  const given = { username: username ?? textOf(url.username), password: password ?? textOf(url.password) }
  url.username = ''
  url.password = ''
  return { url: url.href, ...given }
}

const textOf = (part: string): string | undefined => (part === '' ? undefined : decodeURIComponent(part))

function invalid(text: string): BusError {
  return new BusError('INVALID_OPTION', text)
}
