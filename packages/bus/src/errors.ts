/** The one error class and the one test for it. */

import { type BusErrorCode, errorTable, type SendOutcome } from './error-table.js'
import type { Issue } from './outcome.js'

/** JSON-safe facts about an error; their names depend on the code and are listed in docs/errors.md. */
export type ErrorDetails = Readonly<Record<string, unknown>>

/** Codes whose details have a fixed form. */
interface KnownDetails {
  /** Paths and messages, at most 20, never values. */
  readonly SCHEMA_INVALID: { readonly topic: string; readonly issues: readonly Issue[] }
  readonly REPLY_FAILED: { readonly topic: string; readonly name: string; readonly data: unknown }
}

/** The details of an error with this code. */
export type DetailsOf<C extends BusErrorCode> = C extends keyof KnownDetails
  ? KnownDetails[C] & ErrorDetails
  : ErrorDetails

/** What a BusError is made with besides code and message. */
export interface BusErrorOptions {
  readonly cause?: unknown
  readonly details?: ErrorDetails
  /** Set on everything that sends: whether the message may still appear. */
  readonly outcome?: SendOutcome
}

/** Every operational failure rejects with a BusError; tell them apart by `code`, never by message. */
export class BusError extends Error {
  override readonly name = 'BusError'
  readonly code: BusErrorCode
  readonly details: ErrorDetails
  readonly outcome: SendOutcome | undefined

  constructor(code: BusErrorCode, message: string, options: BusErrorOptions = {}) {
    super(
      `${code}: ${message} ${errorTable[code].fix}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.details = options.details ?? {}
    this.outcome = options.outcome
  }
}

/** True for a BusError, of the given code if one is named; works across copies of the package. */
export function isBusError<C extends BusErrorCode>(
  error: unknown,
  code?: C,
): error is BusError & { readonly code: C; readonly details: DetailsOf<C> } {
  return (
    error instanceof Error &&
    error.name === 'BusError' &&
    'code' in error &&
    (code === undefined ? typeof error.code === 'string' : error.code === code)
  )
}
