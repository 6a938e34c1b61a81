/** What NATS with JetStream does, as the conformance suite has proven it. */

import { type Capabilities, type Feature, features, type Support } from 'busbar/transport'

const native: readonly Feature[] = [
  ...(['event', 'event.groups', 'event.each', 'event.path', 'event.retry'] as const),
  ...(['queue', 'queue.retry', 'queue.lease'] as const),
  ...(['stream', 'stream.groups', 'stream.offset', 'stream.time'] as const),
  ...(['stream.receipts', 'stream.retention'] as const),
  ...(['request', 'dedupe', 'reconnect'] as const),
]
const emulated: readonly Feature[] = [
  ...(['queue.delay', 'queue.expiry', 'deadletters'] as const),
  ...(['request.cancel', 'request.streamed', 'pair'] as const),
]

/** Room for headers, which the server counts as payload. */
const headerBytes = 16_384
const longestDelayMs = 365 * 86_400_000

export function capabilitiesOf(maxPayload: number): Capabilities {
  const support = (name: Feature): Support => {
    if (native.includes(name)) return 'native'
    return emulated.includes(name) ? 'emulated' : 'none'
  }
  return Object.freeze({
    // The entries were made from the list of all features.
    features: Object.freeze(
      Object.fromEntries(features.map((name) => [name, support(name)])),
    ) as Capabilities['features'],
    limits: Object.freeze({
      maxMessageBytes: Math.max(1, maxPayload - headerBytes),
      maxDelayMs: longestDelayMs,
    }),
  })
}
