/** The last step of a delivery: at once, or in groups that survive, after the leases of a turn were written down. */

import type { Entry } from './entry.js'
import type { Member } from './member.js'
import type { Ledger } from './parts.js'

export interface HandOver {
  deliver(entry: Entry, member: Member): void
  /** To be called at the end of a turn. */
  flush(): void
}

export function createHandOver(ledger: Ledger | undefined): HandOver {
  if (ledger === undefined) return { deliver: give, flush() {} }
  let leased: Entry[] = []
  return {
    deliver(entry) {
      if (entry.offset !== undefined) ledger.leased(entry.offset)
      leased.push(entry)
    },
    flush() {
      if (leased.length === 0) return
      const entries = leased
      leased = []
      // Who gets a message may fail the process: that it was handed out must be known afterwards.
      ledger.write()
      for (const entry of entries) if (entry.owner !== undefined) give(entry, entry.owner)
    },
  }
}

function give(entry: Entry, member: Member): void {
  const { token, message, acquired, offset } = entry
  member.sink.deliver({ token, message, attempt: entry.failed + 1, acquired, offset })
}
