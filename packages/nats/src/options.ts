/** What `nats()` can be told, checked at once. */

import type { Provision } from '@busbar/adapter'
import { BusError } from 'busbar/transport'

export interface NatsOptions {
  /** `nats://host:port` or `tls://host:port`, several with commas; the port defaults to 4222. */
  readonly url: string
  /** With `password` instead of those in the url, where one word alone is a token. */
  readonly user?: string
  readonly password?: string
  readonly token?: string
  /** The text of a `.creds` file: a user's JWT and its seed. */
  readonly credentials?: string
  /** Certificates as PEM text; with a `tls://` URL, or whenever the server asks for TLS. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** Comes before every subject and stream name, for several systems on one server; default none. */
  readonly prefix?: string
  /** Default `create`: makes streams and consumers that are missing and verifies those that exist. */
  readonly provision?: Provision
  /** Groups that exist before the first publish, by topic: `{ 'airport.landed': ['billing'] }`. */
  readonly groups?: Readonly<Record<string, readonly string[]>>
  /** Copies of each stream in a cluster, 1 (default) to 5. */
  readonly replicas?: number
  /** How long the first connection may take in ms; default 5,000. */
  readonly connectTimeoutMs?: number
  /** How long an answer of the server may take in ms before an operation fails; default 10,000. */
  readonly answerTimeoutMs?: number
  /** A silent connection is asked whether it is there after so many ms; default 10,000. */
  readonly heartbeatMs?: number
  /** Publishes that may wait for the server; QUEUE_FULL beyond. Default 65,536. */
  readonly maxWaiting?: number
}

export type Settings = Required<Omit<NatsOptions, 'user' | 'password' | 'token' | 'credentials' | 'tls'>> &
  Pick<NatsOptions, 'user' | 'password' | 'token' | 'credentials' | 'tls'> & {
    readonly servers: readonly string[]
  }

const prefixForm = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/
const numbers = ['replicas', 'connectTimeoutMs', 'answerTimeoutMs', 'heartbeatMs', 'maxWaiting'] as const
const known: readonly string[] = [
  ...['url', 'user', 'password', 'token', 'credentials', 'tls', 'prefix', 'provision', 'groups'],
  ...numbers,
]

/** INVALID_OPTION names the first that is wrong. */
export function settle(options: NatsOptions): Settings {
  const stranger = Object.keys(options).find((name) => !known.includes(name))
  if (stranger !== undefined)
    throw invalid(`${stranger} is no option of nats(); known are ${known.join(', ')}.`)
  const { prefix = '', provision = 'create', groups = {} } = options
  if (prefix !== '' && !prefixForm.test(prefix)) {
    throw invalid('prefix must be tokens of letters, digits, "_" and "-", joined by dots.')
  }
  if (!['create', 'verify', 'off'].includes(provision)) {
    throw invalid(`provision must be 'create', 'verify' or 'off'.`)
  }
  for (const name of numbers) {
    const value = options[name]
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue
    throw invalid(`${name} must be a whole number above 0.`)
  }
  const servers = options.url.split(',').map(server)
  return {
    replicas: 1,
    connectTimeoutMs: 5_000,
    answerTimeoutMs: 10_000,
    heartbeatMs: 10_000,
    maxWaiting: 65_536,
    ...(hasCredentials(options) ? {} : servers.find(({ who }) => who !== undefined)?.who),
    ...defined(options),
    prefix,
    provision,
    groups,
    servers: servers.map(({ address }) => address),
  }
}

function hasCredentials({ user, password, token, credentials }: NatsOptions): boolean {
  return [user, password, token, credentials].some((given) => given !== undefined)
}

/** Addresses stay without credentials, so that no message can quote them. */
function server(text: string): { readonly address: string; readonly who: Partial<NatsOptions> | undefined } {
  const given = text.trim()
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') {
    throw invalid('url must look like nats://host:4222.')
  }
  const address = `${url.protocol}//${url.hostname}:${url.port === '' ? '4222' : url.port}`
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  if (user === '') return { address, who: undefined }
  return { address, who: password === '' ? { token: user } : { user, password } }
}

/** An option that is undefined is one that was left out. */
function defined(options: NatsOptions): NatsOptions {
  return {
    url: options.url,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  }
}

const invalid = (text: string): BusError => new BusError('INVALID_OPTION', text)
