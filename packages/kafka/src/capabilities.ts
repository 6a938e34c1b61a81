/** What Kafka does by itself, what this adapter adds, and what neither can. */

import { type Capabilities, type Feature, features, type Support } from 'busbar/transport'

const native: readonly Feature[] = [
  ...(['event', 'event.groups', 'event.each', 'queue', 'queue.lease', 'queue.order'] as const),
  ...(['stream', 'stream.groups', 'stream.offset', 'stream.time'] as const),
  ...(['stream.receipts', 'durable', 'reconnect'] as const),
]
const emulated: readonly Feature[] = [
  ...(['event.path', 'event.retry', 'queue.retry', 'queue.delay', 'deadletters'] as const),
  'stream.retention',
]

/** Beyond any retention that makes sense; a delayed message waits in a topic. */
const maxDelayMs = 604_800_000

export function capabilitiesWith(maxMessageBytes: number): Capabilities {
  const supportOf = (feature: Feature): Support =>
    native.includes(feature) ? 'native' : emulated.includes(feature) ? 'emulated' : 'none'
  return Object.freeze({
    // The entries were made from the list of all features.
    features: Object.freeze(Object.fromEntries(features.map((name) => [name, supportOf(name)]))) as Readonly<
      Record<Feature, Support>
    >,
    limits: Object.freeze({ maxMessageBytes, maxDelayMs }),
  })
}
