/** What this wire can do; durable as far as the server is. */

import { type Capabilities, type Feature, features, type Support } from 'busbar/transport'

/** Redis itself takes 512 MiB; buffers of links and of the append-only file want less. */
export const maxMessageBytes = 16 * 1_048_576

const lacking: ReadonlySet<string> = new Set(['event.block'])
/** Made of scripts over streams, sets and hashes. */
const emulated: ReadonlySet<string> = new Set([
  ...[
    'event.groups',
    'event.path',
    'event.retry',
    'queue.retry',
    'queue.delay',
    'queue.priority',
    'queue.order',
  ],
  ...['queue.expiry', 'queue.lease', 'request', 'request.cancel', 'request.streamed', 'pair', 'deadletters'],
  ...['dedupe', 'inspect'],
])

export function capabilitiesOf(isDurable: boolean): Capabilities {
  const support = (feature: Feature): Support => {
    if (lacking.has(feature) || (feature === 'durable' && !isDurable)) return 'none'
    return emulated.has(feature) ? 'emulated' : 'native'
  }
  // `fromEntries` forgets the names of the keys; they are exactly those of `features`.
  const all = Object.fromEntries(features.map((name) => [name, support(name)])) as Record<Feature, Support>
  return Object.freeze({
    features: Object.freeze(all),
    limits: Object.freeze({ maxMessageBytes, maxDelayMs: 365 * 86_400_000 }),
  })
}
