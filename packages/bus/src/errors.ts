/** The one error class and the one test for it. */

import { type BusErrorCode, errorTable, type SendOutcome } from './error-table.js'

/** JSON-safe facts about an error; their names depend on the code and are listed in docs/errors.md. */
export type ErrorDetails = Readonly<Record<string, unknown>>

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
      options.cause === undefined ? {} : { cause: options.cause },
    )
    this.code = code
    this.details = options.details ?? {}
    this.outcome = options.outcome
  }
}

/** True for a BusError, of the given code if one is named; works across copies of the package. */
export function isBusError(error: unknown, code?: BusErrorCode): error is BusError {
  return (
    error instanceof Error &&
    error.name === 'BusError' &&
    'code' in error &&
    (code === undefined ? typeof error.code === 'string' : error.code === code)
  )
}
