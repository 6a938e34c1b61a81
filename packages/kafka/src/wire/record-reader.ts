/** Records out of the bytes of batches. The library would copy each of their parts. */

import { at, headBytes, lengthEnd } from './batch-layout.js'
import { decompress } from './decompress.js'
import { RecordCursor } from './record-cursor.js'
import { createVisibility, type GivenUp } from './transactions.js'

export interface ReadRecord {
  readonly offset: number
  /** Wall time in ms. */
  readonly time: number
  readonly key: Buffer | null
  /** Null is what Kafka calls a tombstone. */
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export interface ReadBatches {
  readonly records: readonly ReadRecord[]
  /** The offset behind the last batch, whatever records it has; -1 when there is no batch. */
  readonly next: number
}

const appendTimeBit = 1 << 3

/**
 * Records for which `isWanted`, without those of transactions given up and the marks of all. A batch that was cut off at
 * the end is left out.
 */
export function readBatches(
  data: Buffer,
  isWanted: (offset: number) => boolean,
  givenUp: readonly GivenUp[] = [],
): ReadBatches {
  const isVisible = createVisibility(givenUp)
  const records: ReadRecord[] = []
  let next = -1
  let start = 0
  while (data.byteLength - start >= headBytes) {
    const end = start + lengthEnd + data.readInt32BE(start + at.length)
    if (end > data.byteLength) break
    const first = Number(data.readBigInt64BE(start))
    next = first + data.readInt32BE(start + at.lastDelta) + 1
    const batch = data.subarray(start, end)
    if (isVisible(batch)) readBatch(batch, first, isWanted, records)
    start = end
  }
  return { records, next }
}

function readBatch(
  batch: Buffer,
  first: number,
  isWanted: (offset: number) => boolean,
  into: ReadRecord[],
): void {
  const attributes = batch.readInt16BE(at.attributes)
  const firstTime = Number(batch.readBigInt64BE(at.firstTime))
  const appended = (attributes & appendTimeBit) === 0 ? undefined : Number(batch.readBigInt64BE(at.maxTime))
  const cursor = new RecordCursor(decompress(batch.subarray(headBytes), attributes))
  const count = batch.readInt32BE(at.count)
  for (let index = 0; index < count; index += 1) {
    const { end, timeDelta, offsetDelta } = cursor.head()
    const offset = first + offsetDelta
    if (isWanted(offset)) {
      into.push({
        offset,
        time: appended ?? firstTime + timeDelta,
        key: cursor.data(),
        value: cursor.data(),
        headers: cursor.headers(),
      })
    }
    cursor.at = end
  }
}
