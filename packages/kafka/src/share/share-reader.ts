/** Acquires records of share groups as there is room for them, keeps their locks, and tells what became of them. */

import { type Connection, NetworkError } from '@platformatic/kafka'
import type { Host, Timer } from 'busbar/transport'
import { type Fetched, placed } from '../records.js'
import { createBackoff, patiently } from '../wire/backoff.js'
import type { Cluster } from '../wire/cluster.js'
import { codes, isPassing, Refused } from '../wire/failure.js'
import { type ShareAnswer, type SharePlace, shareAcknowledge, shareFetch } from '../wire/share-fetch.js'
import { createHeldRecords, type ShareSource } from './held.js'
import { joinShareGroup, type Membership } from './membership.js'

export interface Acquired {
  readonly record: Fetched
  /** How often the broker has handed it out, this time included. */
  readonly deliveries: number
  /** It never comes again, once the broker has heard so. */
  accept(): void
}

export interface ShareReaderOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** How many records may be acquired now. */
  room(): number
  acquired(one: Acquired): void
  /** The session broke: the broker gives what was acquired to others. */
  lost(): void
  failed(error: unknown): void
}

export interface ShareReader {
  /** There may be room again. */
  wake(): void
  /** Acquires nothing more; resolves when all that was accepted is told, and gives the rest back. */
  stop(): Promise<void>
  /** Gives everything back at once. */
  abandon(): Promise<void>
}

/** Acknowledgements wait for a fetch that waits for records, hence the short time. */
const maxWaitMs = 250
const maxBytes = 8_388_608
const defaultLockMs = 30_000
const topicMs = 10_000
const closing = -1

/** Resolves when the group knows us. One session for each broker that leads partitions of the topics. */
export async function readShared(
  host: Host,
  cluster: Cluster,
  options: ShareReaderOptions,
): Promise<ShareReader> {
  const sources = await patiently(host, cluster.signal, topicMs, async () => {
    const infos = await Promise.all(options.topics.map((topic) => cluster.topic(topic)))
    return infos.flatMap(({ name, id, leaders }) =>
      leaders.map((leader, partition) => ({ leader, source: { topic: name, topicId: id, partition } })),
    )
  })
  const membership = await joinShareGroup(host, cluster, options.group, options.topics)
  const leaders = new Set(sources.map(({ leader }) => leader))
  const sessions = [...leaders].map((leader) => {
    const own = sources.filter((one) => one.leader === leader).map(({ source }) => source)
    return openSession(host, cluster, options, membership, own, leaders.size)
  })
  return {
    wake() {
      for (const session of sessions) session.wake()
    },
    async stop() {
      await Promise.all(sessions.map((session) => session.stop()))
      await membership.leave()
    },
    abandon() {
      for (const session of sessions) session.abandon()
      return membership.leave()
    },
  }
}

function openSession(
  host: Host,
  cluster: Cluster,
  options: ShareReaderOptions,
  membership: Membership,
  sources: readonly ShareSource[],
  share: number,
) {
  const { group } = options
  const ending = new AbortController()
  const held = createHeldRecords(host.clock)
  const backoff = createBackoff(host, AbortSignal.any([ending.signal, cluster.signal]))
  const byPlace = new Map(sources.map((one) => [`${one.topicId}/${one.partition}`, one]))
  let connection: Connection | undefined
  let epoch = 0
  let member = membership.member
  let lockMs = defaultLockMs
  let hasBroken = false
  let isStopping = false
  let nudge: (() => void) | undefined
  let timer: Timer | undefined
  const over = (): boolean => ending.signal.aborted || cluster.signal.aborted
  const finished = run()

  async function run(): Promise<void> {
    while (!over()) {
      try {
        connection ??= await connect()
        if (isStopping) break
        await step(connection)
        backoff.reset()
      } catch (error) {
        drop()
        hasBroken = true
        if (over()) break
        if (!isPassing(error) && !isSessionGone(error)) {
          options.failed(error)
          break
        }
        for (const { topic } of sources) cluster.forget(topic)
        if (isStopping) break
        await backoff.wait()
      }
    }
    await farewell().catch(() => {})
    drop()
  }

  async function connect(): Promise<Connection> {
    if (hasBroken) member = await membership.renew(member)
    hasBroken = false
    const [first] = sources
    const leader = first && (await cluster.topic(first.topic)).leaders[first.partition]
    const open = await cluster.dial(leader)
    // Also when nothing is asked of it at that moment.
    open.once('close', () => nudge?.())
    epoch = 0
    return open
  }

  /** One request, or a wait until there is a reason for one. */
  async function step(open: Connection): Promise<void> {
    if (!open.isConnected()) throw new NetworkError('The connection was closed')
    const renewals = held.takeRenewals(lockMs / 3)
    if (renewals.length > 0) {
      read(await shareAcknowledge.async(open, { group, member, epoch: nextEpoch(), places: renewals }))
      return
    }
    const room = Math.floor(options.room() / share) || Math.min(1, options.room())
    if (room > 0) {
      const opening = epoch === 0 ? sources.map((one) => ({ ...one, acknowledgements: [] })) : []
      const places: readonly SharePlace[] = epoch === 0 ? opening : held.takeNews()
      const limits = { maxWaitMs, maxBytes, maxRecords: room }
      read(await shareFetch.async(open, { group, member, epoch: nextEpoch(), places, ...limits }))
    } else if (held.hasNews && epoch > 0) {
      const places = held.takeNews()
      read(await shareAcknowledge.async(open, { group, member, epoch: nextEpoch(), places }))
    } else {
      await rest()
    }
  }

  function nextEpoch(): number {
    const now = epoch
    epoch = now === 2_147_483_647 ? 1 : now + 1
    return now
  }

  function read(answer: ShareAnswer): void {
    if (answer.error !== 0) throw new Refused(answer.error, `Reading for ${group}`)
    if (answer.lockMs > 0) lockMs = answer.lockMs
    for (const { topicId, partition, error, records, acquired } of answer.partitions) {
      if (error !== 0) throw new Refused(error, `Reading for ${group}`)
      const source = byPlace.get(`${topicId}/${partition}`)
      if (source === undefined || acquired.length === 0) continue
      for (const record of records) {
        const { offset } = record
        const range = acquired.find(({ first, last }) => first <= offset && offset <= last)
        if (range !== undefined) hand(source, placed(source.topic, partition, record), range.deliveries)
      }
    }
  }

  function hand(source: ShareSource, record: Fetched, deliveries: number): void {
    held.hold(source, record.offset)
    options.acquired({
      record,
      deliveries,
      accept() {
        held.accept(source, record.offset)
        nudge?.()
      },
    })
  }

  function rest(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        timer?.cancel()
        nudge = undefined
        resolve()
      }
      nudge = go
      timer = host.clock.after(lockMs / 3, go)
    })
  }

  async function farewell(): Promise<void> {
    if (connection === undefined || epoch === 0) return
    const places = held.takeNews()
    await shareAcknowledge.async(connection, { group, member, epoch: closing, places })
  }

  function drop(): void {
    const open = connection
    connection = undefined
    if (open !== undefined) void open.close()
    const hadClaims = held.count > 0
    held.loseAll()
    if (hadClaims) options.lost()
  }

  return {
    wake: () => nudge?.(),
    stop() {
      isStopping = true
      nudge?.()
      return finished
    },
    abandon() {
      ending.abort()
      nudge?.()
      // The broker gives back what was acquired when it sees the connection go.
      if (connection !== undefined) void connection.close()
    },
  }
}

function isSessionGone(error: unknown): boolean {
  if (!(error instanceof Refused)) return false
  return error.code === codes.sessionNotFound || error.code === codes.invalidSessionEpoch
}
