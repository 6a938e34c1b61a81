/** Commits how far a group is in a partition: one commit at a time, the newest state each. */

import type { Host } from 'busbar/transport'
import { createBackoff } from '../wire/backoff.js'
import { codeOf, codes, isPassing } from '../wire/failure.js'
import type { GroupMember } from './consumer-group.js'

/** Between two commits, so that a busy consumer does not commit each record. */
const quietMs = 20

/** How far it is now. */
export interface Place {
  /** All before this offset is settled. */
  readonly offset: number
  /** What is kept beside the offset. */
  readonly metadata: string
}

export interface Committer {
  changed(): void
  /** Resolves when the state of now is committed; rejects when the broker refuses. */
  flush(): Promise<void>
}

export function createCommitter(
  host: Host,
  member: GroupMember,
  partition: number,
  place: () => Place,
  signal: AbortSignal,
): Committer {
  let sent = ''
  let running: Promise<void> | undefined
  let isDue = false

  async function run(): Promise<void> {
    const backoff = createBackoff(host, signal)
    while (!signal.aborted) {
      const { offset, metadata } = place()
      const state = `${offset} ${metadata}`
      if (state === sent) break
      try {
        await member.commit(partition, offset, metadata)
        sent = state
      } catch (error) {
        // The next heartbeat brings the epoch that the broker wants.
        if (codeOf(error) !== codes.staleMember && !isPassing(error)) throw error
        await backoff.wait()
      }
    }
  }

  function start(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    changed() {
      if (isDue) return
      isDue = true
      host.clock.after(running === undefined ? 0 : quietMs, () => {
        isDue = false
        // Whoever closes hears of a failure by `flush`; a member that lost its partition has nothing to commit.
        if (!signal.aborted) start().catch(() => {})
      })
    },
    async flush() {
      if (running !== undefined) await running.catch(() => {})
      await start()
    },
  }
}
