/** What users may set, with every default filled in. */

import { endpointOf, hostOf, isLoopback, refuseInsecure } from './endpoint.js'
import { invalid } from './failures.js'

export interface ZeromqOptions {
  /** Where the directory is: `zmq://host:port`, the same for all services. */
  readonly url: string
  /** Known to all services. Everything is encrypted by keys made from it. Never logged. Default: none, in the clear. */
  readonly token?: string
  /** Takes a network for trusted: no token is needed beyond this machine. Default false. */
  readonly insecure?: boolean
  /**
   * `auto` (default): the first link on the machine of the URL holds the directory, and another takes over when it
   * goes; `join`: somebody else holds it, see `createDirectory`.
   */
  readonly directory?: 'auto' | 'join'
  /** Where this link takes what others send it; default a free port on 127.0.0.1. */
  readonly listen?: string
  /** The place that others are told, where it differs from `listen`. Needed when that is a wildcard address. */
  readonly advertise?: string
  /** How long the directory is looked for at first, in ms; default 5,000. Later on until close(). */
  readonly connectTimeoutMs?: number
  /** What may wait for one peer that does not take it, in bytes; default 16 MiB. QUEUE_FULL beyond. */
  readonly maxQueuedBytes?: number
  /** A PUB socket for programs without Busbar is bound here: every event that this link publishes. Default: none. */
  readonly publishTo?: string
  /** PUB sockets of such programs: their events are published as if by this link, if it declared the topic. */
  readonly subscribeTo?: readonly string[]
}

export interface Settings extends Required<Omit<ZeromqOptions, 'token' | 'advertise' | 'publishTo'>> {
  readonly token: string | undefined
  readonly advertise: string | undefined
  readonly publishTo: string | undefined
}

const mebibyte = 1_048_576
const names = new Set([
  ...['url', 'token', 'insecure', 'directory', 'listen', 'advertise'],
  ...['connectTimeoutMs', 'maxQueuedBytes', 'publishTo', 'subscribeTo'],
])

/** Every setting with its value; INVALID_OPTION names the one that is wrong, INSECURE_BIND a place open to others. */
export function settingsOf(options: ZeromqOptions): Settings {
  for (const name in options) if (!names.has(name)) throw invalid(`There is no option "${name}".`)
  const { advertise, publishTo } = options
  const settings: Settings = {
    url: endpointOf('url', options.url),
    token: options.token,
    insecure: options.insecure ?? false,
    directory: options.directory ?? 'auto',
    listen: endpointOf('listen', options.listen ?? 'tcp://127.0.0.1:0'),
    advertise: advertise === undefined ? undefined : endpointOf('advertise', advertise),
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    maxQueuedBytes: options.maxQueuedBytes ?? 16 * mebibyte,
    publishTo: publishTo === undefined ? undefined : endpointOf('publishTo', publishTo),
    subscribeTo: (options.subscribeTo ?? []).map((place) => endpointOf('subscribeTo', place)),
  }
  check(settings)
  return settings
}

function check(settings: Settings): void {
  const { url, token, insecure, directory, listen, advertise, publishTo } = settings
  if (url.endsWith(':*')) throw invalid('url must name a port: all services meet there.')
  if (token === '') throw invalid('token is empty.')
  if (!['auto', 'join'].includes(directory)) {
    throw invalid(`directory is "${directory}"; it must be auto or join.`)
  }
  if (advertise === undefined && ['0.0.0.0', '[::]'].includes(hostOf(listen))) {
    throw invalid('advertise must be given when listen is a wildcard address: others cannot connect to that.')
  }
  if (advertise?.endsWith(':*') === true) throw invalid('advertise must name a port.')
  for (const name of ['connectTimeoutMs', 'maxQueuedBytes'] as const) {
    if (!(settings[name] > 0)) throw invalid(`${name} is ${settings[name]}; it must be above 0.`)
  }
  const isTrusted = token !== undefined || insecure
  for (const place of [url, listen]) refuseInsecure(place, isTrusted)
  // What foreign programs read has no token.
  if (publishTo !== undefined && !insecure && !isLoopback(publishTo)) refuseInsecure(publishTo, false)
}
