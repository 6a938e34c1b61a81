/** What every wire to a hub can do: all that the engine can. */

import { type Capabilities, features, type Support } from 'busbar/transport'
import type { Ready, Welcome } from '../frames.js'

const maxDelayMs = 365 * 24 * 60 * 60 * 1000

export function capabilitiesOf(welcome: Welcome, ready: Ready): Capabilities {
  const entries = features.map((feature): [string, Support] => [feature, 'native'])
  const all = Object.fromEntries(entries) as Capabilities['features']
  return Object.freeze({
    features: Object.freeze({ ...all, durable: ready.durable ? 'native' : 'none' }),
    limits: Object.freeze({ maxMessageBytes: welcome.maxMessageBytes, maxDelayMs }),
  })
}
