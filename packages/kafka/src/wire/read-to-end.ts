/** Reads what one partition holds now. */

import type { Host } from 'busbar/transport'
import type { Fetched } from '../records.js'
import type { Cluster } from './cluster.js'
import { endOf } from './offsets.js'
import { readFrom } from './reader.js'

/** Calls `seen` for each record from `from` to what is the end at the call; gives the next offset. */
export async function readToEnd(
  host: Host,
  cluster: Cluster,
  topic: string,
  from: number,
  seen: (record: Fetched) => void,
): Promise<number> {
  const end = await endOf(cluster, topic, 0)
  if (end <= from) return from
  return new Promise((resolve, reject) => {
    const giveUp = (): void => finish(from)
    const finish = (next: number): void => {
      cluster.signal.removeEventListener('abort', giveUp)
      reader.stop()
      resolve(next)
    }
    const reader = readFrom(host, cluster, topic, new Map([[0, from]]), {
      record(record) {
        if (record.offset < end) seen(record)
        return undefined
      },
      gap() {},
      caughtUp(_partition, next) {
        if (next >= end) finish(end)
      },
      failed: reject,
    })
    cluster.signal.addEventListener('abort', giveUp, { once: true })
  })
}
