/** ShareFetch and ShareAcknowledge (KIP-932, KIP-1206, KIP-1222), which the client library does not speak. */

import { createAPI, type Reader, Writer } from '@platformatic/kafka'
import { readRecordBytes } from './fetch.js'
import { type ReadRecord, readBatches } from './record-reader.js'

/** What becomes of an acquired record. */
export const verdicts = { accept: 1, release: 2, reject: 3, renew: 4 } as const
export type Verdict = (typeof verdicts)[keyof typeof verdicts]

/** One verdict on all records from the first to the last. */
export interface Acknowledgement {
  readonly first: number
  readonly last: number
  readonly verdict: Verdict
}

/** A partition as a request names it. */
export interface SharePlace {
  readonly topicId: string
  readonly partition: number
  readonly acknowledgements: readonly Acknowledgement[]
}

export interface AcquiredRange {
  readonly first: number
  readonly last: number
  /** How often these were acquired, this time included. */
  readonly deliveries: number
}

export interface SharePartition {
  readonly topicId: string
  readonly partition: number
  readonly error: number
  /** Says whether what the request acknowledged was still ours. */
  readonly acknowledgeError: number
  readonly records: readonly ReadRecord[]
  readonly acquired: readonly AcquiredRange[]
}

export interface ShareAnswer {
  readonly error: number
  readonly lockMs: number
  readonly partitions: readonly SharePartition[]
}

interface Session {
  readonly group: string
  readonly member: string
  /** 0 opens the session, -1 closes it, others count requests. */
  readonly epoch: number
  readonly places: readonly SharePlace[]
}

interface Fetch extends Session {
  readonly maxWaitMs: number
  readonly maxRecords: number
  readonly maxBytes: number
}

const recordLimit = 1

function byTopic(places: readonly SharePlace[]): [string, SharePlace[]][] {
  const topics = new Map<string, SharePlace[]>()
  for (const place of places) {
    const known = topics.get(place.topicId)
    if (known === undefined) topics.set(place.topicId, [place])
    else known.push(place)
  }
  return [...topics]
}

function appendPlaces(writer: Writer, places: readonly SharePlace[]): Writer {
  return writer.appendArray(byTopic(places), (w, [topicId, partitions]) => {
    w.appendUUID(topicId).appendArray(partitions, (p, { partition, acknowledgements }) => {
      p.appendInt32(partition).appendArray([...acknowledgements], (a, { first, last, verdict }) => {
        a.appendInt64(BigInt(first))
          .appendInt64(BigInt(last))
          .appendArray([verdict], (v, one) => v.appendInt8(one), true, false)
      })
    })
  })
}

function readLeader(reader: Reader): void {
  reader.readInt32()
  reader.readInt32()
  reader.readTaggedFields()
}

export const shareFetch = createAPI<[Fetch], ShareAnswer>(
  78,
  2,
  (request: Fetch) =>
    appendPlaces(
      Writer.create()
        .appendString(request.group)
        .appendString(request.member)
        .appendInt32(request.epoch)
        .appendInt32(request.maxWaitMs)
        .appendInt32(1)
        .appendInt32(request.maxBytes)
        .appendInt32(request.maxRecords)
        .appendInt32(request.maxRecords)
        .appendInt8(recordLimit)
        .appendBoolean(false),
      request.places,
    )
      .appendArray([], () => {})
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    reader.readInt32()
    const error = reader.readInt16()
    reader.readNullableString()
    const lockMs = reader.readInt32()
    const topics = reader.readArray((r) => {
      const topicId = r.readUUID()
      return r.readArray((p): SharePartition => {
        const partition = p.readInt32()
        const code = p.readInt16()
        p.readNullableString()
        const acknowledgeError = p.readInt16()
        p.readNullableString()
        readLeader(p)
        const data = readRecordBytes(p)
        const acquired = p.readArray((a) => ({
          first: Number(a.readInt64()),
          last: Number(a.readInt64()),
          deliveries: a.readInt16(),
        }))
        // The answer holds whole batches around what was acquired.
        const { records } = readBatches(data, (offset) =>
          acquired.some(({ first, last }) => first <= offset && offset <= last),
        )
        return { topicId, partition, error: code, acknowledgeError, records, acquired }
      })
    })
    return { error, lockMs, partitions: topics.flat() }
  },
)

export const shareAcknowledge = createAPI<[Session], ShareAnswer>(
  79,
  2,
  (request: Session) =>
    appendPlaces(
      Writer.create()
        .appendString(request.group)
        .appendString(request.member)
        .appendInt32(request.epoch)
        .appendBoolean(hasRenewal(request.places)),
      request.places,
    ).appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    reader.readInt32()
    const error = reader.readInt16()
    reader.readNullableString()
    const lockMs = reader.readInt32()
    const topics = reader.readArray((r) => {
      const topicId = r.readUUID()
      return r.readArray((p): SharePartition => {
        const partition = p.readInt32()
        const acknowledgeError = p.readInt16()
        p.readNullableString()
        readLeader(p)
        return { topicId, partition, error: 0, acknowledgeError, records: [], acquired: [] }
      })
    })
    return { error, lockMs, partitions: topics.flat() }
  },
)

function hasRenewal(places: readonly SharePlace[]): boolean {
  return places.some(({ acknowledgements }) =>
    acknowledgements.some(({ verdict }) => verdict === verdicts.renew),
  )
}
