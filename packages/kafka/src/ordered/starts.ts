/** Where a consumer begins in each partition that its group has not committed yet. */

import type { ConsumeRequest, Start } from 'busbar/transport'
import type { KafkaLink } from '../link.js'
import { patiently } from '../wire/backoff.js'
import { endOf, offsetAt, startOf } from '../wire/offsets.js'

const limitMs = 10_000

/** A queue begins with its oldest message, everything else with what the request says, or at the end. */
export function startsOf(
  { host, cluster }: KafkaLink,
  topic: string,
  { channel, start }: ConsumeRequest,
): Promise<Map<number, number>> {
  const from: Start = start ?? (channel.kind === 'queue' ? 'start' : 'end')
  return patiently(host, cluster.signal, limitMs, async () => {
    const { leaders } = await cluster.topic(topic)
    const positions = leaders.map(async (_, partition): Promise<[number, number]> => {
      if (from === 'start') return [partition, await startOf(cluster, topic, partition)]
      if (from === 'end' || from === 'committed') return [partition, await endOf(cluster, topic, partition)]
      if ('offset' in from) return [partition, from.offset]
      return [partition, await offsetAt(cluster, topic, partition, from.time)]
    })
    return new Map(await Promise.all(positions))
  })
}
