/** Membership and offsets of share groups (KIP-932), which the client library does not speak. */

import { createAPI, Writer } from '@platformatic/kafka'

export interface Heartbeat {
  readonly group: string
  readonly member: string
  /** 0 joins, -1 leaves. */
  readonly epoch: number
  /** Null when they did not change. */
  readonly topics: readonly string[] | null
}

export interface HeartbeatAnswer {
  readonly error: number
  readonly epoch: number
  readonly intervalMs: number
  /** Null when it did not change. */
  readonly assignment: readonly { readonly topicId: string; readonly partitions: readonly number[] }[] | null
}

export const shareGroupHeartbeat = createAPI<[Heartbeat], HeartbeatAnswer>(
  76,
  1,
  ({ group, member, epoch, topics }: Heartbeat) =>
    Writer.create()
      .appendString(group)
      .appendString(member)
      .appendInt32(epoch)
      .appendString(null)
      .appendArray(topics === null ? null : [...topics], (w, topic) => w.appendString(topic), true, false)
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    reader.readInt32()
    const error = reader.readInt16()
    reader.readNullableString()
    reader.readNullableString()
    return {
      error,
      epoch: reader.readInt32(),
      intervalMs: reader.readInt32(),
      assignment: reader.readNullableStruct(() =>
        reader.readArray((r) => ({
          topicId: r.readUUID(),
          partitions: r.readArray((p) => p.readInt32(), true, false),
        })),
      ),
    }
  },
)

export interface GroupStart {
  readonly group: string
  readonly topic: string
  /** By partition. */
  readonly offsets: readonly bigint[]
}

/** Sets where a share group without members goes on; gives the first error code, 0 if there is none. */
export const alterShareGroupOffsets = createAPI<[GroupStart], number>(
  91,
  0,
  ({ group, topic, offsets }: GroupStart) =>
    Writer.create()
      .appendString(group)
      .appendArray([topic], (w, name) => {
        w.appendString(name).appendArray([...offsets], (p, offset, index) => {
          p.appendInt32(index).appendInt64(offset)
        })
      })
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    reader.readInt32()
    const error = reader.readInt16()
    reader.readNullableString()
    const codes = reader.readArray((r) => {
      r.readString()
      r.readUUID()
      return r.readArray((p) => {
        p.readInt32()
        const code = p.readInt16()
        p.readNullableString()
        return code
      })
    })
    return error !== 0 ? error : (codes.flat().find((code) => code !== 0) ?? 0)
  },
)

/** Where a share group goes on in a topic, by partition; -1 where it has not begun. */
export const describeShareGroupOffsets = createAPI<[string, string, number], readonly bigint[]>(
  90,
  0,
  (group: string, topic: string, partitions: number) =>
    Writer.create()
      .appendArray([group], (w, name) => {
        w.appendString(name).appendArray([topic], (t, one) => {
          t.appendString(one).appendArray(
            Array.from({ length: partitions }, (_, index) => index),
            (p, index) => p.appendInt32(index),
            true,
            false,
          )
        })
      })
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    reader.readInt32()
    const groups = reader.readArray((r) => {
      r.readString()
      const topics = r.readArray((t) => {
        t.readString()
        t.readUUID()
        return t.readArray((p) => {
          const index = p.readInt32()
          const offset = p.readInt64()
          p.readInt32()
          const error = p.readInt16()
          p.readNullableString()
          return { index, offset: error === 0 ? offset : -1n }
        })
      })
      r.readInt16()
      r.readNullableString()
      return topics.flat()
    })
    const found = groups.flat()
    return found.sort((a, b) => a.index - b.index).map(({ offset }) => offset)
  },
)
