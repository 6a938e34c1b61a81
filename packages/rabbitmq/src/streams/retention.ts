/** What a stream keeps: the broker removes whole segments, late and by bytes and age; readers are held to the rest. */

import type { Guarantees } from 'busbar/transport'

type Kept = Pick<Guarantees, 'keepMs' | 'keepCount' | 'keepBytes' | 'maxBytes'>

const mebibyte = 1_048_576
/**
 * The broker begins a segment with a note of its own. What it writes at a time must fit beside that, or the stream would
 * be empty afterwards.
 */
export const leastBytes = 64 * mebibyte
const largestSegment = 500 * mebibyte
/** Headers and what the broker writes around a record. */
const overheadBytes = 4_096

/** The arguments of the queue. It keeps at least `keepCount` records, however large they are. */
export function retentionOf({
  keepMs,
  keepCount,
  keepBytes,
  maxBytes,
}: Kept): Record<string, string | number> {
  if (keepMs === undefined && keepCount === undefined && keepBytes === undefined) return {}
  const byCount = keepCount === undefined ? Number.POSITIVE_INFINITY : keepCount * (maxBytes + overheadBytes)
  const bytes = Math.max(leastBytes, Math.min(keepBytes ?? Number.POSITIVE_INFINITY, byCount))
  return {
    ...(keepMs !== undefined && { 'x-max-age': `${Math.ceil(keepMs / 1_000)}s` }),
    ...(Number.isSafeInteger(bytes) && { 'x-max-length-bytes': bytes }),
    'x-stream-max-segment-size-bytes': Number.isSafeInteger(bytes)
      ? Math.min(largestSegment, Math.floor(bytes / 4))
      : leastBytes / 4,
  }
}

/** The oldest offset that counts as kept; the broker skips one for each segment, so a few more than `keepCount` do. */
export function countedFrom({ keepCount }: Kept, end: number): number {
  return keepCount === undefined ? 0 : Math.max(0, end - Math.ceil(keepCount * 1.1))
}

export interface Weighed {
  readonly offset: number
  readonly bytes: number
}

/** The oldest of the newest records that fit together; at least the newest. Undefined when all fit. */
export function weighedFrom(records: readonly Weighed[], keepBytes: number): number | undefined {
  let sum = 0
  let oldest: number | undefined
  for (const { offset, bytes } of [...records].reverse()) {
    sum += bytes
    if (sum > keepBytes) return oldest ?? offset
    oldest = offset
  }
  return undefined
}
