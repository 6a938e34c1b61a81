/** What the memory wire can do: everything but survive. */

import { type Capabilities, type Feature, features, type Support } from '../capabilities.js'

const lacking: ReadonlySet<Feature> = new Set(['durable', 'reconnect'])

/** `fromEntries` forgets the names of the keys; they are exactly those of `features`. */
const supported = Object.fromEntries(
  features.map((feature): [Feature, Support] => [feature, lacking.has(feature) ? 'none' : 'native']),
) as Record<Feature, Support>

export const memoryCapabilities: Capabilities = Object.freeze({
  features: Object.freeze(supported),
  limits: Object.freeze({
    // The same as the hub's hard limit, so that what fits here fits there.
    maxMessageBytes: 16 * 1_048_576,
    maxDelayMs: 365 * 86_400_000,
  }),
})
