/** What happened on a test's wire and what is still under way there, kept by all buses on it together. */

import type { Channel } from '../channel.js'
import type { Message, Transport } from '../transport.js'

/** How something that was received ended: an outcome of a delivery, or the code an exchange closed with. */
export type Ending = 'done' | 'retry' | 'reject' | 'drop' | (string & {})

/** A message that went out. */
export interface Sent {
  readonly topic: string
  readonly service: string
  readonly message: Message
  readonly bytes: Uint8Array
}

/** A message that a handler was given, and what came of it. */
export interface Handled extends Sent {
  readonly attempt: number
  readonly ending: Ending
}

/** Something that has not ended. */
export interface Open {
  readonly what: 'publish' | 'handler' | 'request'
  readonly topic: string
  readonly id: string
  readonly service: string
  /** Virtual time in ms since the test's wire was made. */
  readonly sinceMs: number
}

/** Entries are only added; `activity` grows with each of them. */
export class Ledger {
  readonly sent: Sent[] = []
  readonly handled: Handled[] = []
  readonly open = new Set<Open>()
  /** Those of the buses that are not closed. */
  readonly transports = new Set<Transport>()
  readonly channels = new Map<string, Channel>()
  /** Virtual times at which delayed and retried messages are due. */
  readonly dues = new Set<number>()
  activity = 0
  private readonly waiting: (() => void)[] = []

  /** Something moved: whoever waits for that goes on. */
  moved(): void {
    this.activity += 1
    for (const wake of this.waiting.splice(0)) wake()
  }

  /** Resolves when something moves. */
  nextMove(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  begin(open: Open): Open {
    this.open.add(open)
    this.moved()
    return open
  }

  end(open: Open): void {
    if (this.open.delete(open)) this.moved()
  }
}
