/** Where a share group begins that has no place yet, said outright: the broker may learn of a group's settings late. */

import type { Host } from 'busbar/transport'
import { patiently } from '../wire/backoff.js'
import type { Cluster } from '../wire/cluster.js'
import { codes, Refused } from '../wire/failure.js'
import { endOf, startOf } from '../wire/offsets.js'
import { alterShareGroupOffsets, describeShareGroupOffsets } from '../wire/share-group.js'

const limitMs = 15_000

export interface Beginning {
  readonly at: 'start' | 'end'
  /** Also a group that has a place already, whose members heard all they are to hear. */
  readonly anew?: boolean
}

/** Gives a group without members its place in a topic. A group with members is left alone. */
export function beginGroup(
  host: Host,
  cluster: Cluster,
  group: string,
  topic: string,
  { at, anew = false }: Beginning,
): Promise<void> {
  const place = at === 'start' ? startOf : endOf
  return patiently(host, cluster.signal, limitMs, async () => {
    const { leaders } = await cluster.topic(topic)
    if (!anew) {
      const known = await cluster.atCoordinator(group, (connection) =>
        describeShareGroupOffsets.async(connection, group, topic, leaders.length),
      )
      if (known.length === leaders.length && known.every((offset) => offset >= 0n)) return
    }
    const places = await Promise.all(leaders.map((_, partition) => place(cluster, topic, partition)))
    await cluster.atCoordinator(group, async (connection) => {
      const offsets = places.map(BigInt)
      const code = await alterShareGroupOffsets.async(connection, { group, topic, offsets })
      if (code !== 0 && code !== codes.nonEmptyGroup) throw new Refused(code, `Beginning ${group}`)
    })
  })
}
