/** What this transport claims, and the conformance suite proves against a real server. */

import { type Capabilities, type Feature, features, type Support } from 'busbar/transport'
import { maxDelayMs } from './delays.js'

const claims: Partial<Record<Feature, Support>> = {
  event: 'native',
  'event.groups': 'native',
  'event.each': 'native',
  'event.path': 'native',
  'event.retry': 'emulated',
  queue: 'native',
  'queue.retry': 'emulated',
  'queue.delay': 'emulated',
  'queue.priority': 'native',
  'queue.expiry': 'native',
  'queue.lease': 'native',
  request: 'emulated',
  'request.cancel': 'emulated',
  'request.streamed': 'emulated',
  stream: 'native',
  'stream.groups': 'emulated',
  'stream.offset': 'native',
  'stream.time': 'emulated',
  'stream.retention': 'emulated',
  pair: 'emulated',
  deadletters: 'emulated',
  durable: 'native',
  reconnect: 'emulated',
}

export function capabilitiesFor(maxMessageBytes: number): Capabilities {
  const entries = features.map((feature): [Feature, Support] => [feature, claims[feature] ?? 'none'])
  return Object.freeze({
    // The entries were made from the list of all features.
    features: Object.freeze(Object.fromEntries(entries) as Record<Feature, Support>),
    limits: Object.freeze({ maxMessageBytes, maxDelayMs }),
  })
}
