/** Commits a partition's watermark: one commit at a time, the newest state each. */

import type { Host } from 'busbar/transport'
import { createBackoff } from '../wire/backoff.js'
import { codeOf, codes, isPassing } from '../wire/failure.js'
import type { GroupMember } from './consumer-group.js'
import type { Watermark } from './watermark.js'

/** Between two commits, so that a busy consumer does not commit each record. */
const quietMs = 20

export interface Committer {
  changed(): void
  /** Resolves when the state of now is committed; rejects when the broker refuses. */
  flush(): Promise<void>
}

export function createCommitter(
  host: Host,
  member: GroupMember,
  partition: number,
  watermark: Watermark,
  signal: AbortSignal,
): Committer {
  let sent = ''
  let running: Promise<void> | undefined
  let isDue = false

  const stateOf = (): string => `${watermark.offset} ${watermark.metadata}`

  async function run(): Promise<void> {
    const backoff = createBackoff(host, signal)
    while (stateOf() !== sent && !signal.aborted) {
      const state = stateOf()
      try {
        await member.commit(partition, watermark.offset, watermark.metadata)
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
