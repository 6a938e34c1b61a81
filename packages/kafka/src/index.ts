/** Busbar on Apache Kafka. */

import type { Connect } from 'busbar/transport'
import { type KafkaOptions, settingsOf } from './options.js'
import { openKafka } from './transport.js'

export type { KafkaCredentials, KafkaOptions } from './options.js'
export { plan } from './plan.js'

/**
 * The wire to Apache Kafka 4.2 or later, for `createBus({ transport: kafka({ url }) })`. Connecting rejects with
 * UNREACHABLE when no broker answers within `connectTimeoutMs`, and with AUTH_FAILED. Later breaks are mended without
 * end until the bus is closed. INVALID_OPTION is thrown at once.
 */
export function kafka(options: KafkaOptions): Connect {
  const settings = settingsOf(options)
  return (host) => openKafka(host, settings)
}
