/** What this wire can do: what nobody has to keep. */

import { type Capabilities, type Feature, features, type Support } from 'busbar/transport'

const mebibyte = 1_048_576
/** Larger ones hold up all that is behind them on the way to the same peer. */
export const maxMessageBytes = 16 * mebibyte

const native: ReadonlySet<Feature> = new Set(['event', 'reconnect'])
/** Made of pushes to those whom the directory names. */
const emulated: ReadonlySet<Feature> = new Set([
  ...(['event.groups', 'event.each', 'event.path'] as const),
  ...(['request', 'request.cancel', 'request.streamed', 'pair'] as const),
])

function support(feature: Feature): Support {
  if (native.has(feature)) return 'native'
  return emulated.has(feature) ? 'emulated' : 'none'
}

// `fromEntries` forgets the names of the keys; they are exactly those of `features`.
const all = Object.fromEntries(features.map((name) => [name, support(name)])) as Record<Feature, Support>

export const capabilities: Capabilities = Object.freeze({
  features: Object.freeze(all),
  limits: Object.freeze({ maxMessageBytes, maxDelayMs: 0 }),
})
