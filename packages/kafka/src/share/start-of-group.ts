/** Where a share group begins that has no place yet: at the end, so that it hears what comes from now on. */

import type { Host } from 'busbar/transport'
import { patiently } from '../wire/backoff.js'
import type { Cluster } from '../wire/cluster.js'
import { codes, Refused } from '../wire/failure.js'
import { endOf } from '../wire/offsets.js'
import { alterShareGroupOffsets, describeShareGroupOffsets } from '../wire/share-group.js'

const limitMs = 15_000

/**
 * Puts a group without members at the end of a topic. `anew`: also one that has a place already, whose members heard
 * all they are to hear. A group with members is left alone.
 */
export function beginAtEnd(
  host: Host,
  cluster: Cluster,
  group: string,
  topic: string,
  { anew }: { readonly anew: boolean },
): Promise<void> {
  return patiently(host, cluster.signal, limitMs, async () => {
    const { leaders } = await cluster.topic(topic)
    if (!anew) {
      const known = await cluster.atCoordinator(group, (connection) =>
        describeShareGroupOffsets.async(connection, group, topic, leaders.length),
      )
      if (known.length === leaders.length && known.every((offset) => offset >= 0n)) return
    }
    const ends = await Promise.all(leaders.map((_, partition) => endOf(cluster, topic, partition)))
    await cluster.atCoordinator(group, async (connection) => {
      const offsets = ends.map(BigInt)
      const code = await alterShareGroupOffsets.async(connection, { group, topic, offsets })
      if (code !== 0 && code !== codes.nonEmptyGroup) throw new Refused(code, `Beginning ${group}`)
    })
  })
}
