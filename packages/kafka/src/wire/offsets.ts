/** Where a partition begins and ends, and what offset belongs to a time. */

import { listOffsetsV9 } from '@platformatic/kafka'
import type { Cluster } from './cluster.js'
import { readCommitted } from './transactions.js'

const latest = -1n
const earliest = -2n
const consumer = -1

async function ask(cluster: Cluster, topic: string, partition: number, timestamp: bigint): Promise<number> {
  const { leaders } = await cluster.topic(topic)
  const connection = await cluster.node(leaders[partition] ?? -1)
  const places = [
    { name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }] },
  ]
  const { topics } = await listOffsetsV9.api
    .async(connection, consumer, readCommitted, places)
    .catch((error: unknown) => {
      // The leader may have moved.
      cluster.forget(topic)
      throw error
    })
  return Number(topics[0]?.partitions[0]?.offset ?? -1n)
}

/** The offset that the next record will get, or that of the first record whose transaction is open. */
export function endOf(cluster: Cluster, topic: string, partition: number): Promise<number> {
  return ask(cluster, topic, partition, latest)
}

/** The offset of the oldest record that is kept. */
export function startOf(cluster: Cluster, topic: string, partition: number): Promise<number> {
  return ask(cluster, topic, partition, earliest)
}

/** The first offset of that time or later; the end when there is none. */
export async function offsetAt(
  cluster: Cluster,
  topic: string,
  partition: number,
  time: number,
): Promise<number> {
  const found = await ask(cluster, topic, partition, BigInt(Math.max(0, Math.floor(time))))
  return found < 0 ? endOf(cluster, topic, partition) : found
}
