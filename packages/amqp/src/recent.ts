/** Which messages came lately, so that the copy of one that was sent again after a cut is known. */

import { attemptHeader } from '@busbar/adapter'
import type { Incoming } from './messages.js'

/** Kept at least; twice as many at most. Well above what one publisher has in flight. */
const generation = 4_096

export class Recent {
  private young = new Set<string>()
  private old = new Set<string>()

  /** Whether it is a second copy. A message that the broker hands out again is none. */
  add(incoming: Incoming): boolean {
    for (let sent = 0; sent < incoming.resent; sent += 1) {
      const name = nameOf(incoming, sent)
      if (this.young.has(name) || this.old.has(name)) return true
    }
    if (this.young.size >= generation) {
      this.old = this.young
      this.young = new Set()
    }
    this.young.add(nameOf(incoming, incoming.resent))
    return false
  }

  /** The broker may have lost it with the link. */
  forget(incoming: Incoming): void {
    const name = nameOf(incoming, incoming.resent)
    this.young.delete(name)
    this.old.delete(name)
  }
}

/** A retry is a copy too, but one to be handled. */
function nameOf({ message, headers }: Incoming, sent: number): string {
  return `${message.id}/${headers[attemptHeader] ?? 0}/${sent}`
}
