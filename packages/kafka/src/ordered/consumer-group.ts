/** Membership of a consumer group by the protocol of Kafka 4 (KIP-848), and the offsets that it commits. */

import { consumerGroupHeartbeatV1, offsetCommitV9, offsetFetchV9 } from '@platformatic/kafka'
import type { Host, Timer } from 'busbar/transport'
import { memberId } from '../share/membership.js'
import { patiently } from '../wire/backoff.js'
import type { Cluster } from '../wire/cluster.js'
import { codeOf, codes } from '../wire/failure.js'

export interface Committed {
  /** -1 where nothing was committed. */
  readonly offset: number
  readonly metadata: string | null
}

export interface GroupMember {
  committed(partition: number): Promise<Committed>
  commit(partition: number, offset: number, metadata: string): Promise<void>
  /** Says goodbye; does not fail. */
  leave(): Promise<void>
}

export interface GroupOptions {
  readonly group: string
  readonly topic: string
  /** All partitions that are ours from now on; those that are missing have been taken away. */
  assigned(partitions: readonly number[], member: GroupMember): void
  /** The group has given our partitions away. */
  expelled(): void
}

const limitMs = 15_000
const rebalanceMs = 30_000
/** Oftener than the broker asks, so that a rebalance is quick. */
const activeMs = 1_000
const idleMs = 300
const leaving = -1

export async function joinConsumerGroup(
  host: Host,
  cluster: Cluster,
  { group, topic, assigned, expelled }: GroupOptions,
): Promise<GroupMember> {
  const member = memberId(host.random)
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, cluster.signal])
  let epoch = 0
  let owned: number[] = []
  let timer: Timer | undefined

  function heartbeat(at: number, partitions: readonly number[], topicId: string) {
    const topics = at === 0 ? [topic] : null
    const places = partitions.length === 0 ? [] : [{ topicId, partitions: [...partitions] }]
    return cluster.atCoordinator(group, (connection) =>
      consumerGroupHeartbeatV1.api.async(
        connection,
        ...([group, member, at, null, null, rebalanceMs, topics, null, null, places] as const),
      ),
    )
  }

  async function beat(): Promise<void> {
    const { id } = await cluster.topic(topic)
    const answer = await heartbeat(epoch, owned, id)
    epoch = answer.memberEpoch
    if (answer.assignment === null || signal.aborted) return
    owned = answer.assignment.topicPartitions.flatMap(({ partitions }) => partitions)
    assigned(owned, self)
  }

  function schedule(): void {
    if (signal.aborted) return
    timer = host.clock.after(owned.length === 0 ? idleMs : activeMs, () => {
      beat().then(schedule, (error: unknown) => {
        const code = codeOf(error)
        if (code === codes.unknownMember || code === codes.fencedMember) {
          epoch = 0
          owned = []
          expelled()
        }
        schedule()
      })
    })
  }

  const self: GroupMember = {
    committed: (partition) =>
      patiently(host, signal, limitMs, async () => {
        const places = [{ name: topic, partitionIndexes: [partition] }]
        const request = { groupId: group, memberId: null, memberEpoch: -1, topics: places }
        const answer = await cluster.atCoordinator(group, (connection) =>
          offsetFetchV9.api.async(connection, [request], false),
        )
        const found = answer.groups[0]?.topics[0]?.partitions[0]
        return { offset: Number(found?.committedOffset ?? -1n), metadata: found?.metadata ?? null }
      }),
    async commit(partition, offset, metadata) {
      const place = {
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: -1,
        committedMetadata: metadata,
      }
      const topics = [{ name: topic, partitions: [place] }]
      await cluster.atCoordinator(group, (connection) =>
        offsetCommitV9.api.async(connection, group, epoch, member, null, topics),
      )
    },
    async leave() {
      ending.abort()
      timer?.cancel()
      await heartbeat(leaving, [], '').catch(() => {})
    },
  }
  await patiently(host, signal, limitMs, beat)
  schedule()
  return self
}
