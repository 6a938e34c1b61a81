/** The brokers as one link sees them: a control connection that is kept up, metadata, and connections to dial. */

import { Connection, type ConnectionOptions, findCoordinatorV6, metadataV12 } from '@platformatic/kafka'
import { BusError, type Host, type Timer } from 'busbar/transport'
import { createBackoff } from './backoff.js'
import { asBusError, isAuth, Refused, reasonOf } from './failure.js'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export interface TopicInfo {
  readonly name: string
  readonly id: string
  /** The node that leads each partition. */
  readonly leaders: readonly number[]
}

export interface ClusterOptions {
  readonly bootstrap: readonly BrokerAddress[]
  readonly connection: ConnectionOptions
  /** A broker that does not answer within this many ms of quiet counts as gone. */
  readonly keepAliveMs: number
}

export interface Cluster {
  /** Aborted when the link is closed. */
  readonly signal: AbortSignal
  /** The shared connection for short requests; waits while the link is down, rejects with CLOSED. */
  control(): Promise<Connection>
  /** A topic's id and leaders, cached until `forget`; rejects with error code 3 when there is none. */
  topic(name: string): Promise<TopicInfo>
  /** The same without a wait, if it is known and the link is not closed. */
  known(name: string): TopicInfo | undefined
  forget(name: string): void
  /** The shared connection to one broker for short requests. */
  node(id: number): Promise<Connection>
  /** A connection of the caller's own to one broker; undefined: to any. */
  dial(id: number | undefined): Promise<Connection>
  /** Runs a short request at the broker that coordinates a group. */
  atCoordinator<T>(group: string, request: (connection: Connection) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const groupKey = 0

/** Resolves when a broker has answered; rejects with UNREACHABLE or AUTH_FAILED. */
export async function connectCluster(host: Host, options: ClusterOptions): Promise<Cluster> {
  const ending = new AbortController()
  const { signal } = ending
  const nodes = new Map<number, BrokerAddress>()
  const shared = new Map<number, Promise<Connection>>()
  const topics = new Map<string, Promise<TopicInfo>>()
  const known = new Map<string, TopicInfo>()
  const coordinators = new Map<string, number>()

  async function open(address: BrokerAddress): Promise<Connection> {
    const connection = new Connection(`busbar-${host.service}`, options.connection)
    // Without a listener an error would end the process; what it means comes with the request.
    connection.on('error', () => {})
    await connection.connect(address.host, address.port)
    if (signal.aborted) {
      void connection.close()
      throw closed()
    }
    return connection
  }

  async function openAny(): Promise<Connection> {
    const errors: unknown[] = []
    for (const address of [...options.bootstrap, ...nodes.values()]) {
      try {
        return await open(address)
      } catch (error) {
        errors.push(error)
        if (isAuth(error)) break
      }
    }
    throw errors.at(-1)
  }

  async function refresh(connection: Connection, names: string[]) {
    const answer = await metadataV12.api.async(connection, names, false, false)
    nodes.clear()
    for (const { nodeId, ...address } of answer.brokers) nodes.set(nodeId, address)
    return answer.topics
  }

  let current = connectFirst()
  await current

  async function connectFirst(): Promise<Connection> {
    try {
      const connection = await openAny()
      await answered(connection)
      watch(connection)
      return connection
    } catch (error) {
      throw refusal(options.bootstrap, error)
    }
  }

  /** Who accepts a connection and then stays silent is given no more time than who accepts none. */
  async function answered(connection: Connection): Promise<void> {
    const { connectTimeout: patienceMs = 0 } = options.connection
    let timer: Timer | undefined
    const silent = new Promise<never>((_resolve, reject) => {
      const giveUp = (): void => reject(new Error(`no answer within ${patienceMs} ms`))
      if (patienceMs > 0) timer = host.clock.after(patienceMs, giveUp, { keepAlive: true })
    })
    try {
      await Promise.race([refresh(connection, []), silent])
    } catch (error) {
      void connection.close()
      throw error
    } finally {
      timer?.cancel()
    }
  }

  function watch(connection: Connection): void {
    let timer = host.clock.after(options.keepAliveMs, check)
    function check(): void {
      metadataV12.api.async(connection, [], false, false).then(
        () => {
          timer = host.clock.after(options.keepAliveMs, check)
        },
        () => void connection.close(),
      )
    }
    connection.once('close', () => {
      timer.cancel()
      if (signal.aborted) return
      host.onState('reconnecting', `The connection to Kafka at ${named(options.bootstrap)} was lost.`)
      current = reconnect()
      // Whoever waits for it hears of the end; when nobody does, nobody needs to.
      current.catch(() => {})
    })
  }

  async function reconnect(): Promise<Connection> {
    const backoff = createBackoff(host, signal)
    let isLost = false
    for (;;) {
      if (signal.aborted) throw closed()
      try {
        const connection = await openAny()
        await refresh(connection, [])
        topics.clear()
        known.clear()
        coordinators.clear()
        watch(connection)
        host.onState('connected')
        return connection
      } catch (error) {
        // Said once: it is tried on, since a password may be put right at the broker.
        if (isAuth(error) && !isLost) host.onState('lost', refusal(options.bootstrap, error).message)
        isLost ||= isAuth(error)
        await backoff.wait()
      }
    }
  }

  async function find(name: string): Promise<TopicInfo> {
    const [found] = await refresh(await current, [name])
    if (found === undefined) throw new Refused(3, `Topic ${name}`)
    const leaders: number[] = []
    for (const { partitionIndex, leaderId } of found.partitions) leaders[partitionIndex] = leaderId
    return { name, id: found.topicId, leaders }
  }

  const addressOf = (id: number | undefined): BrokerAddress | undefined =>
    id === undefined ? undefined : nodes.get(id)

  async function node(id: number): Promise<Connection> {
    const known = shared.get(id)
    if (known !== undefined) return known
    await current
    const address = addressOf(id)
    if (address === undefined) return current
    const fresh = open(address)
    shared.set(id, fresh)
    const gone = (): void => void shared.delete(id)
    fresh.then((connection) => connection.once('close', gone), gone)
    return fresh
  }

  async function findCoordinator(group: string): Promise<number> {
    const answer = await findCoordinatorV6.api.async(await current, groupKey, [group])
    const found = answer.coordinators[0]
    if (found === undefined || found.errorCode !== 0) throw new Refused(found?.errorCode ?? 15, 'Group')
    coordinators.set(group, found.nodeId)
    return found.nodeId
  }

  return {
    signal,
    control: () => (signal.aborted ? Promise.reject(closed()) : current),
    topic(name) {
      const asked = topics.get(name)
      if (asked !== undefined) return asked
      const fresh = find(name)
      topics.set(name, fresh)
      fresh.then(
        (info) => {
          if (topics.get(name) === fresh) known.set(name, info)
        },
        () => topics.delete(name),
      )
      return fresh
    },
    known: (name) => (signal.aborted ? undefined : known.get(name)),
    forget(name) {
      topics.delete(name)
      known.delete(name)
    },
    node,
    async dial(id) {
      await current
      const address = addressOf(id)
      return address === undefined ? openAny() : open(address)
    },
    async atCoordinator(group, request) {
      const id = coordinators.get(group) ?? (await findCoordinator(group))
      try {
        return await request(await node(id))
      } catch (error) {
        coordinators.delete(group)
        throw error
      }
    },
    async close() {
      if (signal.aborted) return
      ending.abort()
      const all = [...shared.values(), current]
      shared.clear()
      for (const one of all) {
        one.then(
          (connection) => void connection.close(),
          () => {},
        )
      }
    },
  }
}

function closed(): BusError {
  return new BusError('CLOSED', 'The link to Kafka was closed.', { outcome: 'rejected' })
}

const named = (addresses: readonly BrokerAddress[]): string =>
  addresses.map(({ host, port }) => `${host}:${port}`).join(', ')

function refusal(bootstrap: readonly BrokerAddress[], error: unknown): BusError {
  if (isAuth(error)) {
    return new BusError(
      'AUTH_FAILED',
      `Kafka at ${named(bootstrap)} did not accept the credentials: ${reasonOf(error)}.`,
      { cause: error },
    )
  }
  const known = asBusError(error, 'Connecting')
  if (known.code !== 'DISCONNECTED' && known.code !== 'INTERNAL') return known
  return new BusError(
    'UNREACHABLE',
    `Kafka at ${named(bootstrap)} could not be reached: ${reasonOf(error)}.`,
    {
      cause: error,
    },
  )
}
