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

/** What a worker that takes one record at a time reads for each of them. */
const sharedBatchBytes = 65_536

/**
 * Brokers answer with the whole batch to whoever acquires one record of it, so that batches for share groups are small;
 * not smaller, since brokers keep state for each batch. Others are as large as they may be.
 */
export function batchBytesOf({ kind, guarantees }: Channel): number | undefined {
  return kind !== 'stream' && guarantees.tracked && !guarantees.ordered ? sharedBatchBytes : undefined
}
