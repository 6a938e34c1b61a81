/** What a stream keeps by count and by age, which the broker does in whole segments only, and late. */

import type { Channel, Host } from 'busbar/transport'
import type { Names } from './names.js'
import { trim } from './wire/admin.js'
import type { Cluster } from './wire/cluster.js'
import { endOf, offsetAt, startOf } from './wire/offsets.js'

/** So much more than allowed may be there before something is removed, so that not every record costs a request. */
const slack = 0.1

export interface Retention {
  /** To be called for each record of a stream; resolves when what is too much has been removed. */
  recorded(channel: Channel, offset: number, bytes: number): Promise<void>
}

interface Stream {
  records: number
  bytes: number
  /** The newest offset of this link's own. */
  last: number
  /** All before this offset was removed, as far as this link knows. */
  removed: number
  removing: Promise<void> | undefined
}

/** Records are as large on average as those that this link has sent. */
export function createRetention(cluster: Cluster, names: Names): Retention {
  const streams = new Map<string, Stream>()

  async function remove(topic: string, stream: Stream, before: number): Promise<void> {
    await trim(cluster, topic, 0, before)
    stream.removed = before
  }

  return {
    async recorded({ name, guarantees }, offset, bytes) {
      const { keepCount = Number.POSITIVE_INFINITY, keepBytes = Number.POSITIVE_INFINITY } = guarantees
      const topic = names.topic(name)
      const stream = streams.get(topic) ?? { records: 0, bytes: 0, last: 0, removed: 0, removing: undefined }
      streams.set(topic, stream)
      stream.records += 1
      stream.bytes += bytes
      stream.last = Math.max(stream.last, offset)
      const average = Math.max(1, stream.bytes / stream.records)
      const keep = Math.max(1, Math.min(keepCount, Math.floor(keepBytes / average)))
      if (!Number.isFinite(keep)) return
      while (offset + 1 - stream.removed > keep * (1 + slack)) {
        // One removal at a time; who comes meanwhile looks again.
        stream.removing ??= remove(topic, stream, stream.last + 1 - keep).finally(() => {
          stream.removing = undefined
        })
        await stream.removing
      }
    },
  }
}

/** The offset of the oldest record that a reader is to see, though older ones may not have been removed yet. */
export async function keptFrom(
  host: Host,
  cluster: Cluster,
  topic: string,
  partition: number,
  { kind, guarantees: { keepMs, keepCount } }: Channel,
): Promise<number> {
  const start = await startOf(cluster, topic, partition)
  if (kind !== 'stream') return start
  const byAge =
    keepMs === undefined ? 0 : await offsetAt(cluster, topic, partition, host.clock.now() - keepMs)
  const byCount = keepCount === undefined ? 0 : (await endOf(cluster, topic, partition)) - keepCount
  return Math.max(start, byAge, byCount)
}
