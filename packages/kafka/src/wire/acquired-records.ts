/** The acquired records of a share fetch, whose answer holds whole batches around them. */

import { IS_COMPRESSED, Reader, type RecordsBatch, readRecord, readRecordsBatch } from '@platformatic/kafka'
import type { AcquiredRange } from './share-fetch.js'

/** Bytes of a batch before its length ends, and of its head before the records. */
const lengthEnd = 12
const headBytes = 61
const attributesAt = 21

/** Batches with only those records that were acquired; the others are not looked into. */
export function acquiredBatches(data: Buffer, acquired: readonly AcquiredRange[]): RecordsBatch[] {
  const batches: RecordsBatch[] = []
  let at = 0
  while (data.byteLength - at >= headBytes) {
    const end = at + lengthEnd + data.readInt32BE(at + 8)
    if (end > data.byteLength) break
    batches.push(readBatch(data.subarray(at, end), acquired))
    at = end
  }
  return batches
}

function readBatch(data: Buffer, acquired: readonly AcquiredRange[]): RecordsBatch {
  const isAcquired = (offset: bigint): boolean =>
    acquired.some(({ first, last }) => first <= offset && offset <= last)
  if ((data.readInt16BE(attributesAt) & IS_COMPRESSED) !== 0) {
    const batch = readRecordsBatch(Reader.from(data))
    const records = batch.records.filter(({ offsetDelta }) =>
      isAcquired(batch.firstOffset + BigInt(offsetDelta)),
    )
    return { ...batch, records }
  }
  // The head alone says the same of a batch without records.
  const head = Buffer.from(data.subarray(0, headBytes))
  const count = head.readInt32BE(headBytes - 4)
  head.writeInt32BE(0, headBytes - 4)
  const batch = readRecordsBatch(Reader.from(head))
  const reader = Reader.from(data)
  reader.skip(headBytes)
  for (let index = 0; index < count; index += 1) {
    const start = reader.position
    const length = reader.readVarInt()
    const end = reader.position + length
    reader.skip(1)
    reader.readVarInt64()
    const offset = batch.firstOffset + BigInt(reader.readVarInt())
    if (isAcquired(offset)) batch.records.push(readRecord(Reader.from(data.subarray(start, end))))
    reader.skip(end - reader.position)
  }
  return batch
}
