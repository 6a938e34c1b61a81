/** Where a consumer begins in each partition that its group has not committed yet. */

import type { ConsumeRequest, Start } from 'busbar/transport'
import type { KafkaLink } from '../link.js'
import { keptFrom } from '../retention.js'
import { patiently } from '../wire/backoff.js'
import { endOf, offsetAt } from '../wire/offsets.js'

const limitMs = 10_000

/** A queue begins with its oldest message, everything else with what the request says, or at the end. */
export function startsOf(
  { host, cluster }: KafkaLink,
  topic: string,
  { channel, start, onGap }: ConsumeRequest,
): Promise<Map<number, number>> {
  const from: Start = start ?? (channel.kind === 'queue' ? 'start' : 'end')
  return patiently(host, cluster.signal, limitMs, async () => {
    const { leaders } = await cluster.topic(topic)
    const positions = leaders.map(async (_, partition): Promise<[number, number]> => {
      if (from === 'end' || from === 'committed') return [partition, await endOf(cluster, topic, partition)]
      const kept = await keptFrom(host, cluster, topic, partition, channel)
      if (from === 'start') return [partition, kept]
      const wanted = 'offset' in from ? from.offset : await offsetAt(cluster, topic, partition, from.time)
      if (wanted < kept && 'offset' in from) {
        onGap({ count: kept - wanted, from: wanted, to: kept - 1 })
      }
      return [partition, Math.max(wanted, kept)]
    })
    return new Map(await Promise.all(positions))
  })
}
