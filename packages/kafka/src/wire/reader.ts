/** Reads the partitions of a topic from given offsets on, without a group, over connections of its own. */

import type { Connection } from '@platformatic/kafka'
import type { Host } from 'busbar/transport'
import { type Fetched, placed } from '../records.js'
import { createBackoff } from './backoff.js'
import type { Cluster } from './cluster.js'
import { codeOf, codes, isPassing } from './failure.js'
import { fetchRecords } from './fetch.js'
import { startOf } from './offsets.js'

export interface ReaderEvents {
  /** Its promise is the back-pressure. */
  record(record: Fetched): Promise<void> | undefined
  /** Records were removed before they were read. */
  gap(partition: number, from: number, to: number): void
  /** Nothing more comes before offset `next` of this partition. */
  caughtUp(partition: number, next: number): void
  failed(error: unknown): void
}

export interface Reader {
  stop(): void
}

const maxWaitMs = 500
const maxBytes = 1_048_576

/** Begins at once; `positions` holds the next offset of each partition that is read. */
export function readFrom(
  host: Host,
  cluster: Cluster,
  topic: string,
  positions: ReadonlyMap<number, number>,
  events: ReaderEvents,
): Reader {
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, cluster.signal])
  const open = new Set<Connection>()
  const tasks = [...positions].map(([partition, from]) => follow(partition, from))
  Promise.all(tasks).catch((error: unknown) => {
    if (!signal.aborted) events.failed(error)
  })

  async function follow(partition: number, from: number): Promise<void> {
    const backoff = createBackoff(host, signal)
    let next = from
    let connection: Connection | undefined
    while (!signal.aborted) {
      try {
        const { id, leaders } = await cluster.topic(topic)
        connection ??= await dial(leaders[partition])
        next = await fetch(connection, id, partition, next)
        backoff.reset()
      } catch (error) {
        if (signal.aborted) break
        if (codeOf(error) === codes.offsetOutOfRange) {
          next = await skip(partition, next)
          continue
        }
        if (!isPassing(error)) throw error
        cluster.forget(topic)
        if (connection !== undefined) void connection.close()
        connection = undefined
        await backoff.wait()
      }
    }
    if (connection !== undefined) void connection.close()
  }

  async function dial(leader: number | undefined): Promise<Connection> {
    const connection = await cluster.dial(leader)
    open.add(connection)
    connection.once('close', () => open.delete(connection))
    return connection
  }

  async function fetch(connection: Connection, id: string, partition: number, from: number): Promise<number> {
    const request = { topicId: id, partition, offset: from, maxWaitMs, maxBytes }
    const batches = await fetchRecords.async(connection, request)
    let next = from
    for (const record of batches.records) {
      if (record.offset < next) continue
      if (signal.aborted) return next
      next = record.offset + 1
      const wait = events.record(placed(topic, partition, record))
      if (wait !== undefined) await wait
    }
    // Compaction and marks of transactions leave offsets without records.
    next = Math.max(next, batches.next)
    events.caughtUp(partition, next)
    return next
  }

  /** A position beyond the end waits there; one before the start goes to the start, which is told. */
  async function skip(partition: number, from: number): Promise<number> {
    const start = await startOf(cluster, topic, partition)
    if (start <= from) {
      await createBackoff(host, signal).wait()
      return from
    }
    events.gap(partition, from, start - 1)
    return start
  }

  return {
    stop() {
      ending.abort()
      for (const connection of open) void connection.close()
    },
  }
}
