/** Being a member of a share group: heartbeats that keep it, a rejoin when it was lost, a farewell. */

import type { Host, Timer } from 'busbar/transport'
import { patiently } from '../wire/backoff.js'
import type { Cluster } from '../wire/cluster.js'
import { codes, Refused } from '../wire/failure.js'
import { shareGroupHeartbeat } from '../wire/share-group.js'

export interface Membership {
  readonly member: string
  /**
   * Goes on as another member than `old`, unless that was done already; resolves with its id. After its connection
   * broke the broker takes back what the old one held, maybe after a new session of the same member has begun.
   */
  renew(old: string): Promise<string>
  /** Leaves the group; does not fail. */
  leave(): Promise<void>
}

/** Answers that come late belong to the member that asked, not to the one that has followed it. */
interface Member {
  readonly id: string
  /** 0 until the group knows it. */
  epoch: number
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
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, cluster.signal])
  let current: Member = { id: memberId(host.random), epoch: 0 }
  let joined: Promise<void> | undefined
  let timer: Timer | undefined

  async function beat(member: Member): Promise<number> {
    const { id, epoch } = member
    const answer = await cluster.atCoordinator(group, async (connection) => {
      const sent = { group, member: id, epoch, topics: epoch === 0 ? topics : null }
      const heard = await shareGroupHeartbeat.async(connection, sent)
      // Forgotten by the group: the next heartbeat joins anew.
      if (heard.error === codes.unknownMember || heard.error === codes.fencedMember) member.epoch = 0
      if (heard.error !== 0) throw new Refused(heard.error, `Joining ${group}`)
      return heard
    })
    member.epoch = answer.epoch
    return answer.intervalMs
  }

  function keep(member: Member, afterMs: number): void {
    if (signal.aborted || member !== current) return
    timer = host.clock.after(afterMs, () => {
      beat(member).then(
        (nextMs) => keep(member, nextMs),
        () => keep(member, quickMs),
      )
    })
  }

  async function join(member: Member): Promise<void> {
    try {
      keep(member, await patiently(host, signal, joinMs, () => beat(member)))
    } catch (error) {
      joined = undefined
      throw error
    }
  }

  async function sayGoodbye({ id }: Member): Promise<void> {
    const farewell = { group, member: id, epoch: leaving, topics: null }
    // A member that does not say so is forgotten after its session has timed out.
    await cluster
      .atCoordinator(group, (connection) => shareGroupHeartbeat.async(connection, farewell))
      .catch(() => {})
  }

  joined = join(current)
  await joined
  return {
    get member() {
      return current.id
    },
    async renew(old) {
      if (current.id === old) {
        timer?.cancel()
        void sayGoodbye(current)
        current = { id: memberId(host.random), epoch: 0 }
        joined = undefined
      }
      joined ??= join(current)
      await joined
      return current.id
    },
    leave() {
      ending.abort()
      timer?.cancel()
      return sayGoodbye(current)
    },
  }
}
