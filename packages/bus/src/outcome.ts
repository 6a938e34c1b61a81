/** How a delivery ended: decided by the bus from the handler's result, carried out by the transport. */

/** Why a message became a dead letter. `expired` is said by brokers that bury what grew too old; the engine counts it. */
export type DeadReason = 'rejected' | 'attempts' | 'schema' | 'undecodable' | 'expired'

/** What is kept of the error that ended a message, at most 4 KiB. */
export interface Failure {
  readonly message: string
  readonly code?: string
  /** Validation issues: paths and codes, never values. */
  readonly issues?: readonly Issue[]
}

/** One thing that is wrong with a payload. */
export interface Issue {
  /** Dotted path into the payload; empty for the payload itself. */
  readonly path: string
  readonly message: string
}

export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'retry'; readonly afterMs: number; readonly failure: Failure | undefined }
  | { readonly kind: 'reject'; readonly reason: DeadReason; readonly failure: Failure | undefined }

/** Shared, so that the commonest outcome costs nothing. */
export const done: Outcome = Object.freeze({ kind: 'done' })
