/** Which records of foreign producers are part of transactions that were given up. */

import { at, headBytes } from './batch-layout.js'
import { RecordCursor } from './record-cursor.js'

/** Readers get what was committed: the broker stops before the first transaction that is open, and names those given up. */
export const readCommitted = 1

export interface GivenUp {
  readonly producer: bigint
  /** Offset of its first record. */
  readonly from: bigint
}

const controlBit = 1 << 5

/** Whether a batch is to be seen by readers; to be asked about each batch of one answer, in their order. */
export function createVisibility(givenUp: readonly GivenUp[]): (batch: Buffer) => boolean {
  const coming = [...givenUp].sort((one, other) => Number(one.from - other.from))
  const under = new Set<bigint>()
  return (batch) => {
    const isMark = (batch.readInt16BE(at.attributes) & controlBit) !== 0
    if (givenUp.length === 0) return !isMark
    const last = batch.readBigInt64BE(at.firstOffset) + BigInt(batch.readInt32BE(at.lastDelta))
    for (let next = coming[0]; next !== undefined && next.from <= last; next = coming[0]) {
      under.add(next.producer)
      coming.shift()
    }
    const producer = batch.readBigInt64BE(at.producerId)
    if (!isMark) return !under.has(producer)
    // A transaction that this producer begins behind it is another one.
    if (isAbort(batch)) under.delete(producer)
    return false
  }
}

/** The only record of a mark has a key of version and type, 0 for a transaction that was given up. */
function isAbort(mark: Buffer): boolean {
  const record = new RecordCursor(mark.subarray(headBytes))
  record.head()
  return record.data()?.readInt16BE(2) === 0
}
