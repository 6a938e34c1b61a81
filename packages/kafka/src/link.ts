/** What the parts of one open link share. */

import type { Channel, Host } from 'busbar/transport'
import type { Names } from './names.js'
import type { Settings } from './options.js'
import type { Cluster } from './wire/cluster.js'
import type { Producer } from './wire/producer.js'

export interface KafkaLink {
  readonly host: Host
  readonly cluster: Cluster
  readonly producer: Producer
  readonly names: Names
  readonly settings: Settings
  /** Provisions what a group of a channel needs, once. */
  prepareGroup(channel: Channel, group: string | undefined): Promise<void>
}

/**
 * Brokers give a whole batch to whoever acquires one record of it, so that batches for share groups are small. Others
 * are as large as they may be.
 */
export function batchRecordsOf({ kind, guarantees }: Channel): number | undefined {
  return kind !== 'stream' && guarantees.tracked && !guarantees.ordered ? 32 : undefined
}
