/** How much one engine holds in memory; every store of it has a bound. */

/** All are per channel or per group, never per engine. */
export interface EngineLimits {
  /** Messages that may wait in a work queue or in a group of tracked events; default 1,000,000. */
  readonly queueMessages?: number
  /** Their payloads in bytes; default 512 MiB. */
  readonly queueBytes?: number
  /** Payload bytes that may wait in the buffer of plain events; default 8 MiB. */
  readonly bufferBytes?: number
  /** Publishes that may wait for room under the `block` policy, per group; default 10,000. */
  readonly blockedPublishes?: number
  /** Dead letters per channel; default 100,000. When they are full, dying messages stay in their queue. */
  readonly deadLetters?: number
  /** Their payloads in bytes; default 512 MiB. */
  readonly deadLetterBytes?: number
  /** Named groups of one channel of tracked events, which outlive their members; default 10,000. */
  readonly groups?: number
  /** Ids a dedupe window remembers per channel; default 1,000,000. The oldest are forgotten first. */
  readonly dedupeIds?: number
  /** Addresses whose routes are remembered per channel; default 10,000. */
  readonly cachedRoutes?: number
}

const mebibyte = 1_048_576

/** The defaults. */
export const defaultLimits: Required<EngineLimits> = Object.freeze({
  queueMessages: 1_000_000,
  queueBytes: 512 * mebibyte,
  bufferBytes: 8 * mebibyte,
  blockedPublishes: 10_000,
  deadLetters: 100_000,
  deadLetterBytes: 512 * mebibyte,
  groups: 10_000,
  dedupeIds: 1_000_000,
  cachedRoutes: 10_000,
})
