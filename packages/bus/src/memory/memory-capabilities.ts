/** What the memory wire can do: everything but break, and survive only with a store. */

import { type Capabilities, type Feature, features, type Support } from '../capabilities.js'
import type { BrokerProfile } from './broker-profiles.js'

const lacking: ReadonlySet<Feature> = new Set(['durable', 'reconnect'])

/** `fromEntries` forgets the names of the keys; they are exactly those of `features`. */
const supported = Object.fromEntries(
  features.map((feature): [Feature, Support] => [feature, lacking.has(feature) ? 'none' : 'native']),
) as Record<Feature, Support>

/** Largest payload; the same as the hub's hard limit, so that what fits here fits there. */
export const memoryMaxMessageBytes = 16 * 1_048_576

export function memoryCapabilities(
  durable: boolean,
  maxMessageBytes: number,
  profile: BrokerProfile | undefined,
): Capabilities {
  const { lacks = [], maxDelayMs = 365 * 86_400_000 } = profile ?? {}
  const lacking = Object.fromEntries(lacks.map((feature) => [feature, 'none' as const]))
  return Object.freeze({
    features: Object.freeze({ ...supported, durable: durable ? 'native' : 'none', ...lacking }),
    limits: Object.freeze({ maxMessageBytes, maxDelayMs }),
  })
}
