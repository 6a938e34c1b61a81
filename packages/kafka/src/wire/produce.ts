/** Produce, with batches that are bytes already; the library's own makes them of records. */

import { createAPI, Writer } from '@platformatic/kafka'

export interface ProducedBatch {
  readonly topic: string
  readonly partition: number
  readonly records: Buffer
}

export interface Produced {
  readonly topic: string
  readonly partition: number
  /** 0 when the batch was taken. */
  readonly error: number
  /** Of the first record. */
  readonly offset: number
}

const allReplicas = -1

/** Resolves when all replicas in sync have what was not refused. */
export const produce = createAPI<[readonly ProducedBatch[], number], readonly Produced[]>(
  0,
  11,
  (batches: readonly ProducedBatch[], timeoutMs: number) => {
    const topics = new Map<string, ProducedBatch[]>()
    for (const batch of batches) {
      const known = topics.get(batch.topic)
      if (known === undefined) topics.set(batch.topic, [batch])
      else known.push(batch)
    }
    return Writer.create()
      .appendString(null)
      .appendInt16(allReplicas)
      .appendInt32(timeoutMs)
      .appendArray([...topics], (w, [topic, own]) => {
        w.appendString(topic).appendArray(own, (p, { partition, records }) => {
          p.appendInt32(partition).appendBytes(records)
        })
      })
      .appendTaggedFields()
  },
  (_correlation, _key, _version, reader) =>
    reader
      .readArray((r) => {
        const topic = r.readString()
        return r.readArray((p): Produced => {
          const partition = p.readInt32()
          const error = p.readInt16()
          const offset = Number(p.readInt64())
          p.readInt64()
          p.readInt64()
          p.readArray((e) => {
            e.readInt32()
            e.readNullableString()
          })
          p.readNullableString()
          return { topic, partition, error, offset }
        })
      })
      .flat(),
)
