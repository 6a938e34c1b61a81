/** The dead letters of one topic: list, peek, redrive, discard. */

import type { DeadReason, Failure } from './outcome.js'
import type { Headers } from './transport.js'

/** One message that was given up. */
export interface DeadLetter {
  readonly id: string
  readonly reason: DeadReason
  /** The group that gave it up; undefined for queues. */
  readonly group: string | undefined
  readonly attempts: number
  /** How often it was handed out; more than `attempts` when a crash or a stop undid a lease. */
  readonly acquired: number
  readonly firstFailure: Failure | undefined
  readonly lastFailure: Failure | undefined
  readonly diedAt: number
  readonly key: string | undefined
  readonly headers: Headers
  /** The payload as it came, not validated; undefined if its bytes do not decode. */
  readonly payload: unknown
  readonly bytes: Uint8Array
}

/** All of them without `ids`. */
export interface RedriveOptions<In> {
  readonly ids?: readonly string[]
  /** Mends a payload before it goes back; the result is validated. Undefined leaves the letter where it is. */
  readonly map?: (letter: DeadLetter) => In | undefined
}

export interface DeadLetters<In> extends AsyncIterable<DeadLetter> {
  /** One page, oldest first; `limit` defaults to 100. */
  list(options?: { readonly limit?: number; readonly after?: string }): Promise<{
    readonly letters: readonly DeadLetter[]
    readonly next: string | undefined
  }>
  /** One letter, or undefined. */
  peek(id: string): Promise<DeadLetter | undefined>
  /** Puts letters back exactly once, ids kept, attempts reset; gives how many. SCHEMA_INVALID from `map`. */
  redrive(options?: RedriveOptions<In>): Promise<number>
  discard(options?: { readonly ids?: readonly string[] }): Promise<number>
}
