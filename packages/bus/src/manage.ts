/** What can be asked of a channel besides sending and receiving: counts, dead letters, purge. */

import type { Body } from './body.js'
import type { DeadReason, Failure } from './outcome.js'
import type { Message } from './transport.js'

/** One question or order to the transport. */
export type Command =
  | { readonly op: 'inspect' }
  | { readonly op: 'purge' }
  | { readonly op: 'dead.list'; readonly after?: string; readonly limit: number }
  /** Puts letters back where they came from, attempts reset and ids kept; all of them without `ids`. */
  | { readonly op: 'dead.redrive'; readonly ids?: readonly string[]; readonly body?: Body }
  | { readonly op: 'dead.discard'; readonly ids?: readonly string[] }

/** What the transport answers to a command. */
export type Answer<C extends Command> = C['op'] extends 'inspect'
  ? ChannelState
  : C['op'] extends 'dead.list'
    ? { readonly letters: readonly DeadLetterRecord[]; readonly next: string | undefined }
    : { readonly count: number }

/**
 * Counts of one channel. Received = ready + delayed + leased + done + dropped + dead + expired + purged, whatever was
 * redriven meanwhile.
 */
export interface ChannelState {
  readonly received: number
  readonly ready: number
  readonly delayed: number
  readonly leased: number
  readonly done: number
  readonly dropped: number
  readonly dead: number
  readonly expired: number
  /** By `purge`, and dead letters that were discarded. */
  readonly purged: number
  /** Dead letters put back; they leave `dead` for `ready` and are not counted as received again. */
  readonly redriven: number
  readonly consumers: number
  /** Fingerprints other than the first that were declared for this channel. */
  readonly mismatches: readonly string[]
  /** Streams: offset of the oldest retained and of the next record. */
  readonly first?: number
  readonly next?: number
  /** With a dedupe window: ids forgotten before their time because the window was full. */
  readonly dedupeEvicted?: number
  /** With a dedupe window: duplicates that carried another payload than the first; the first was kept. */
  readonly dedupeConflicts?: number
}

/** A message that was given up, with its history; the payload is kept as it came. */
export interface DeadLetterRecord {
  readonly message: Message
  readonly reason: DeadReason
  readonly group: string | undefined
  readonly attempts: number
  /** How often it was handed out, those times included that a crash undid; left out by brokers that do not count. */
  readonly acquired?: number
  readonly firstFailure: Failure | undefined
  readonly lastFailure: Failure | undefined
  /** Wall time in ms. */
  readonly diedAt: number
}
