/** The first failure of messages that are tried again: SQS cannot write it on them, so this process remembers. */

import type { Failure } from 'busbar/transport'

/** For so many messages; the oldest is forgotten first. */
const room = 1_000

export class FirstFailures {
  private readonly known = new Map<string, Failure>()

  note(messageId: string, failure: Failure | undefined): void {
    if (failure === undefined || this.known.has(messageId)) return
    this.known.set(messageId, failure)
    if (this.known.size <= room) return
    for (const oldest of this.known.keys()) {
      this.known.delete(oldest)
      return
    }
  }

  take(messageId: string): Failure | undefined {
    const failure = this.known.get(messageId)
    this.known.delete(messageId)
    return failure
  }
}
