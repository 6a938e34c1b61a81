/** What a hub is made with, and the check that refuses a mistake by the name of its key. */

import { randomBytes } from 'node:crypto'
import { BusError, type Clock, systemClock } from 'busbar/transport'
import { type Auth, type Authenticate, authenticator } from './auth.js'
import { defaultLimits, type Limits, limitRanges, limitRelations } from './limits.js'
import { type Log, silentLog } from './log.js'

export interface TcpOptions {
  /** Default 127.0.0.1. Anything beyond this machine needs `auth`. */
  readonly host?: string
  /** Default 4600; 0 picks a free one. */
  readonly port?: number
}

export interface WebsocketOptions {
  /** Default 127.0.0.1. Anything beyond this machine needs `auth`. */
  readonly host?: string
  /** Default 4601; 0 picks a free one. */
  readonly port?: number
  /** Default `/`. */
  readonly path?: string
  /** Exact values of the Host header, `name:port`. Default: the bound host and the names of this machine's loopback. */
  readonly allowedHosts?: readonly string[]
  /** Exact values of the Origin header, added to the hub's own loopback origins. Requests without Origin are no browsers'. */
  readonly allowedOrigins?: readonly string[]
}

/** Where a hub keeps durable topics. */
export interface HubStoreOptions {
  /** A directory of its own; made when it is missing, if the one above exists. */
  readonly dir: string
  /** Below so much free space on its disk, publishes to durable topics are refused; default 268,435,456 bytes. */
  readonly minFreeBytes?: number
  /** Size at which a file is followed by the next; 4,096 to 67,108,864 bytes, which is the default. */
  readonly segmentBytes?: number
}

/** Options of {@link createHub}; at least one of `tcp` and `websocket` must be given. */
export interface HubOptions {
  readonly tcp?: TcpOptions
  readonly websocket?: WebsocketOptions
  /** Who may connect. Without it everybody on this machine is `anonymous`. */
  readonly auth?: Auth
  /** Keeps durable topics, which are refused without it. */
  readonly store?: HubStoreOptions
  readonly limits?: Partial<Limits>
  readonly clock?: Clock
  readonly random?: () => number
  /** Default: silent. */
  readonly log?: Log
  /** True: listen beyond this machine without authentication. */
  readonly insecure?: boolean
}

/** The options with every default filled in. */
export interface Settings {
  readonly tcp: Required<TcpOptions> | undefined
  readonly websocket: Required<WebsocketOptions> | undefined
  readonly authenticate: Authenticate | undefined
  readonly store: HubStoreOptions | undefined
  readonly limits: Limits
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly insecure: boolean
}

const refuse = (what: string): never => {
  throw new BusError('INVALID_OPTION', `createHub: ${what}`)
}

/** Fills in defaults; INVALID_OPTION names the first key that is wrong. */
export function settingsOf(options: HubOptions): Settings {
  knownKeys('options', options, {
    tcp: 'object',
    websocket: 'object',
    auth: 'any',
    store: 'object',
    limits: 'object',
    clock: 'object',
    random: 'function',
    log: 'function',
    insecure: 'boolean',
  })
  if (options.tcp === undefined && options.websocket === undefined) {
    refuse('neither tcp nor websocket is given, so nobody could connect.')
  }
  return {
    tcp: options.tcp && tcpSettings(options.tcp),
    websocket: options.websocket && websocketSettings(options.websocket),
    authenticate: options.auth === undefined ? undefined : authenticator(options.auth),
    store: options.store && storeSettings(options.store),
    limits: limitSettings(options.limits ?? {}),
    clock: options.clock ?? systemClock,
    random: options.random ?? cryptoRandom,
    log: options.log ?? silentLog,
    insecure: options.insecure ?? false,
  }
}

const cryptoRandom = (): number => randomBytes(4).readUInt32LE() / 2 ** 32

function tcpSettings(tcp: TcpOptions): Required<TcpOptions> {
  knownKeys('tcp', tcp, { host: 'string', port: 'number' })
  return { host: hostOf('tcp.host', tcp.host), port: portOf('tcp.port', tcp.port, 4600) }
}

function websocketSettings(websocket: WebsocketOptions): Required<WebsocketOptions> {
  knownKeys('websocket', websocket, {
    host: 'string',
    port: 'number',
    path: 'string',
    allowedHosts: 'object',
    allowedOrigins: 'object',
  })
  const path = websocket.path ?? '/'
  if (!/^\/[A-Za-z0-9/_.-]*$/.test(path)) refuse(`websocket.path must be a plain URL path such as /bus.`)
  return {
    host: hostOf('websocket.host', websocket.host),
    port: portOf('websocket.port', websocket.port, 4601),
    path,
    allowedHosts: namesOf('websocket.allowedHosts', websocket.allowedHosts),
    allowedOrigins: namesOf('websocket.allowedOrigins', websocket.allowedOrigins),
  }
}

function storeSettings(store: HubStoreOptions): HubStoreOptions {
  knownKeys('store', store, { dir: 'string', minFreeBytes: 'number', segmentBytes: 'number' })
  if (typeof store.dir !== 'string' || store.dir === '') refuse('store.dir must be the path of a directory.')
  return store
}

function limitSettings(given: Partial<Limits>): Limits {
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(limitRanges, key)) {
      refuse(`limits.${key} is not a limit; there are ${Object.keys(limitRanges).join(', ')}.`)
    }
    // Checked by hasOwn just above; Object.entries widens keys to string.
    const [least, most, unit] = limitRanges[key as keyof Limits]
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      refuse(
        `limits.${key} must be a whole number of ${unit} from ${least} to ${most}, not ${String(value)}.`,
      )
    }
  }
  const limits = { ...defaultLimits, ...given }
  for (const [small, large, why] of limitRelations) {
    if (limits[small] > limits[large]) {
      refuse(`limits.${small} (${limits[small]}) must not exceed limits.${large} (${limits[large]}): ${why}.`)
    }
  }
  return limits
}

type Shape = Readonly<Record<string, 'object' | 'string' | 'number' | 'boolean' | 'function' | 'any'>>

function knownKeys(where: string, value: object, shape: Shape): void {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    refuse(`${where} must be an object.`)
  }
  for (const [key, found] of Object.entries(value)) {
    const path = where === 'options' ? key : `${where}.${key}`
    if (!Object.hasOwn(shape, key)) {
      refuse(`${path} is not an option; ${where} takes ${Object.keys(shape).join(', ')}.`)
    }
    const wanted = shape[key]
    const wrong = wanted === 'object' ? found === null || typeof found !== 'object' : typeof found !== wanted
    if (found !== undefined && wanted !== 'any' && wrong) refuse(`${path} must be of type ${wanted}.`)
  }
}

function hostOf(path: string, host = '127.0.0.1'): string {
  if (!/^[A-Za-z0-9.:_-]{1,255}$/.test(host)) refuse(`${path} must be a host name or an address.`)
  return host
}

function portOf(path: string, port: number | undefined, fallback: number): number {
  const chosen = port ?? fallback
  if (!Number.isInteger(chosen) || chosen < 0 || chosen > 65_535) {
    refuse(`${path} must be a whole number from 0 (picks a free port) to 65535, not ${String(port)}.`)
  }
  return chosen
}

function namesOf(path: string, names: readonly string[] = []): readonly string[] {
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && name !== '')) {
    refuse(`${path} must be an array of non-empty strings, compared exactly.`)
  }
  if (names.some((name) => name.includes('*'))) refuse(`${path} takes exact values, no wildcards.`)
  return [...names]
}
