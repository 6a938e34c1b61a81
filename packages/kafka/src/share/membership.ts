/** Being a member of a share group: heartbeats that keep it, a rejoin when it was lost, a farewell. */

import type { Host, Timer } from 'busbar/transport'
import { patiently } from '../wire/backoff.js'
import type { Cluster } from '../wire/cluster.js'
import { codes, Refused } from '../wire/failure.js'
import { shareGroupHeartbeat } from '../wire/share-group.js'

export interface Membership {
  readonly member: string
  /**
   * Goes on as another member. After its connection broke the broker takes back what the old one held, maybe after a
   * new session of the same member has begun.
   */
  renew(): Promise<void>
  /** Leaves the group; does not fail. */
  leave(): Promise<void>
}

const joinMs = 15_000
const quickMs = 500
const leaving = -1

/** A member id as the protocol wants it: 16 random bytes, url-safe. */
export function memberId(random: () => number): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256)))
  return bytes.toString('base64url')
}

/**
 * Resolves when the group knows the member. What the group assigns is not waited for: a share partition may be read by
 * any number of members, and each of ours reads all partitions of its topics.
 */
export async function joinShareGroup(
  host: Host,
  cluster: Cluster,
  group: string,
  topics: readonly string[],
): Promise<Membership> {
  let member = memberId(host.random)
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, cluster.signal])
  let epoch = 0
  let timer: Timer | undefined

  async function beat(): Promise<number> {
    const answer = await cluster.atCoordinator(group, async (connection) => {
      const sent = { group, member, epoch, topics: epoch === 0 ? topics : null }
      const heard = await shareGroupHeartbeat.async(connection, sent)
      if (heard.error !== 0) throw new Refused(heard.error, `Joining ${group}`)
      return heard
    })
    epoch = answer.epoch
    return answer.intervalMs
  }

  function schedule(afterMs: number): void {
    if (signal.aborted) return
    timer = host.clock.after(afterMs, () => {
      beat().then(schedule, (error: unknown) => {
        const isForgotten =
          error instanceof Refused &&
          (error.code === codes.unknownMember || error.code === codes.fencedMember)
        if (isForgotten) epoch = 0
        schedule(quickMs)
      })
    })
  }

  async function sayGoodbye(): Promise<void> {
    const farewell = { group, member, epoch: leaving, topics: null }
    // A member that does not say so is forgotten after its session has timed out.
    await cluster
      .atCoordinator(group, (connection) => shareGroupHeartbeat.async(connection, farewell))
      .catch(() => {})
  }

  schedule(await patiently(host, signal, joinMs, beat))
  return {
    get member() {
      return member
    },
    async renew() {
      timer?.cancel()
      void sayGoodbye()
      member = memberId(host.random)
      epoch = 0
      schedule(await patiently(host, signal, joinMs, beat))
    },
    leave() {
      ending.abort()
      timer?.cancel()
      return sayGoodbye()
    },
  }
}
