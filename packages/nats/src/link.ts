/** One link to NATS: connections that follow each other, and who sets itself up again on each. */

import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import {
  connect,
  credsAuthenticator,
  errors,
  type NatsConnection,
  type NodeConnectionOptions,
  type Subscription,
} from '@nats-io/transport-node'
import type { Host, Timer } from 'busbar/transport'
import { away, closed, connectError, isAuth, reasonOf } from './errors.js'
import type { Settings } from './options.js'

/** One connection, alive until it is not. */
export interface Session {
  readonly nc: NatsConnection
  readonly jsm: JetStreamManager
  /** Resolves when the server has taken in what was said before; rejects when the connection ends first. */
  flush(): Promise<void>
  /** Resolves when nothing more can come for it. */
  drain(subscription: Subscription | undefined): Promise<void>
}

export interface LinkUser {
  /** Sets up what it has on a new connection; also told the first time. */
  up(session: Session): void | Promise<void>
  down?(): void
  /** The server refused to let this link publish to a subject. */
  denied?(subject: string, error: Error): void
}

export interface Link {
  readonly maxPayload: number
  /** Undefined while away. */
  readonly session: Session | undefined
  readonly isClosed: boolean
  /** Waits while away; CLOSED when it ends. */
  ready(): Promise<Session>
  /** Told of every connection from now on; gives the function that ends this. */
  use(user: LinkUser): () => void
  close(): Promise<void>
}

const firstWaitMs = 50
const longestWaitMs = 2_000

/** AUTH_FAILED or UNREACHABLE when there is no first connection in time; later ones are tried for without end. */
export async function createLink(host: Host, settings: Settings): Promise<Link> {
  const users = new Set<LinkUser>()
  let session: Session | undefined
  let isClosed = false
  let waiting: { resolve(session: Session): void; reject(error: Error): void }[] = []
  let pause: { timer: Timer; end(): void } | undefined

  const open = async (): Promise<Session> => {
    const nc = await connect(connectionOptions(host, settings))
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: settings.answerTimeoutMs })
    return sessionOf(nc, jsm)
  }
  const first = await open().catch((error: unknown) => {
    throw connectError(settings.servers, error)
  })

  /** Errors of one connection, until it ends. */
  const listen = async ({ nc }: Session): Promise<void> => {
    for await (const status of nc.status()) {
      if (status.type !== 'error' || !(status.error instanceof errors.PermissionViolationError)) continue
      const { operation, subject } = status.error
      if (operation !== 'publish') continue
      for (const user of users) user.denied?.(subject, status.error)
    }
  }
  /** True when all is set up and the server knows it. */
  const enter = async (next: Session): Promise<boolean> => {
    void listen(next)
    session = next
    try {
      await Promise.all([...users].map((user) => user.up(next)))
      await next.flush()
    } catch {
      // Whatever it was: a connection on which not all is set up is worth nothing.
      await next.nc.close()
      return false
    }
    return !next.nc.isClosed()
  }
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      pause = { timer: host.clock.after(ms, resolve), end: resolve }
    })
  const again = async (): Promise<Session | undefined> => {
    let isTold = false
    for (let failures = 0; !isClosed; failures++) {
      const next = await open().catch((error: unknown) => {
        if (isAuth(error) && !isTold) {
          isTold = true
          host.onState('reconnecting', `NATS refused the credentials: ${reasonOf(error)}`)
        }
        return undefined
      })
      if (next !== undefined && isClosed) await next.nc.close()
      else if (next !== undefined) {
        if (await enter(next)) return next
        session = undefined
        for (const user of users) user.down?.()
      }
      if (isClosed) break
      const ms = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures, 10))
      await sleep(ms * (0.5 + host.random() / 2))
    }
    return undefined
  }
  const live = async (): Promise<void> => {
    for (let current: Session | undefined = first; current !== undefined; ) {
      const reason = await current.nc.closed()
      session = undefined
      if (isClosed) return
      host.onState(
        'reconnecting',
        `the connection to ${settings.servers.join(', ')} was lost: ${reasonOf(reason)}`,
      )
      for (const user of users) user.down?.()
      current = await again()
      if (current === undefined) return
      for (const { resolve } of waiting.splice(0)) resolve(current)
      host.onState('connected')
    }
  }
  session = first
  void listen(first)
  void live()

  return {
    maxPayload: first.nc.info?.max_payload ?? 1_048_576,
    get session() {
      return session
    },
    get isClosed() {
      return isClosed
    },
    ready() {
      if (isClosed) return Promise.reject(closed())
      if (session !== undefined && !session.nc.isClosed()) return Promise.resolve(session)
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
    use(user) {
      users.add(user)
      return () => void users.delete(user)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      pause?.timer.cancel()
      pause?.end()
      for (const { reject } of waiting) reject(closed())
      waiting = []
      await session?.nc.close()
    },
  }
}

/** The client leaves questions open for ever when the connection ends. */
function sessionOf(nc: NatsConnection, jsm: JetStreamManager): Session {
  const open = new Set<() => void>()
  let isOver = false
  void nc.closed().then(() => {
    isOver = true
    for (const end of open) end()
  })
  const flush = (): Promise<void> => {
    if (isOver || nc.isClosed()) return Promise.reject(away('unknown'))
    return new Promise((resolve, reject) => {
      const end = (): void => {
        open.delete(end)
        reject(away('unknown'))
      }
      open.add(end)
      nc.flush().then(() => {
        open.delete(end)
        resolve()
      }, end)
    })
  }
  return {
    nc,
    jsm,
    flush,
    async drain(subscription) {
      if (subscription === undefined || isOver || nc.isClosed()) return
      subscription.drain().catch(() => undefined)
      await flush().catch(() => undefined)
    },
  }
}

function connectionOptions(host: Host, settings: Settings): NodeConnectionOptions {
  const { user, password, token, credentials, tls } = settings
  return {
    servers: [...settings.servers],
    name: `${host.service} ${host.instance}`,
    // Each connection is a new one: nothing that was written to an old one may be sent by chance.
    reconnect: false,
    timeout: settings.connectTimeoutMs,
    pingInterval: settings.heartbeatMs,
    maxPingOut: 2,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { pass: password }),
    ...(token !== undefined && { token }),
    ...(credentials !== undefined && {
      authenticator: credsAuthenticator(new TextEncoder().encode(credentials)),
    }),
    ...(tls !== undefined && { tls: { ...tls } }),
  }
}
