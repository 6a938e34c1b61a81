/** Fetch of one partition. The library's own reads every part of a record into a buffer. */

import { createAPI, fetchV17, type Reader } from '@platformatic/kafka'
import { Refused } from './failure.js'
import { type ReadBatches, readBatches } from './record-reader.js'
import { type GivenUp, readCommitted } from './transactions.js'

export interface FetchRequest {
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly maxWaitMs: number
  readonly maxBytes: number
}

const noSession = { id: 0, epoch: -1 }

/** Records from an offset on, maybe none; of transactions only what was committed. */
export const fetchRecords = createAPI<[FetchRequest], ReadBatches>(
  1,
  17,
  ({ topicId, partition, offset, maxWaitMs, maxBytes }: FetchRequest) =>
    fetchV17.createRequest(
      ...([maxWaitMs, 1, maxBytes, readCommitted, noSession.id, noSession.epoch] as const),
      [
        {
          topicId,
          partitions: [
            {
              ...{ partition, currentLeaderEpoch: -1, fetchOffset: BigInt(offset) },
              ...{ lastFetchedEpoch: -1, partitionMaxBytes: maxBytes },
            },
          ],
        },
      ],
      [],
      '',
    ),
  (_correlation, _key, _version, reader) => {
    reader.readInt32()
    const code = reader.readInt16()
    reader.readInt32()
    const partitions = reader.readArray((topic) => {
      topic.readUUID()
      return topic.readArray(readPartition)
    })
    const [found] = partitions.flat()
    const error = code !== 0 ? code : (found?.error ?? 0)
    if (error !== 0) throw new Refused(error, 'Fetching')
    return readBatches(found?.data ?? Buffer.alloc(0), () => true, found?.givenUp)
  },
)

interface Partition {
  readonly error: number
  readonly givenUp: readonly GivenUp[]
  readonly data: Buffer
}

function readPartition(reader: Reader): Partition {
  reader.readInt32()
  const error = reader.readInt16()
  for (const _ of ['high watermark', 'last stable offset', 'log start offset']) reader.readInt64()
  const givenUp = reader.readArray((one) => ({ producer: one.readInt64(), from: one.readInt64() }))
  reader.readInt32()
  return { error, givenUp, data: readRecordBytes(reader) }
}

/** Records as they are, with the length before them. */
export function readRecordBytes(reader: Reader): Buffer {
  const size = reader.readUnsignedVarInt() - 1
  if (size <= 0) return Buffer.alloc(0)
  const data = reader.buffer.subarray(reader.position, reader.position + size)
  reader.skip(size)
  return data.buffer
}
