/** What Artemis can carry through this adapter. */

import { type Capabilities, type Feature, features, type Support } from 'busbar/transport'

const supported: Readonly<Partial<Record<Feature, Support>>> = {
  event: 'native',
  'event.groups': 'native',
  'event.each': 'native',
  'event.path': 'native',
  'event.retry': 'emulated',
  queue: 'native',
  'queue.retry': 'emulated',
  'queue.delay': 'native',
  'queue.priority': 'native',
  'queue.order': 'native',
  'queue.expiry': 'native',
  'queue.lease': 'native',
  request: 'emulated',
  'request.cancel': 'emulated',
  'request.streamed': 'emulated',
  pair: 'emulated',
  deadletters: 'emulated',
  reconnect: 'emulated',
}

/** `isDurable`: the broker has said that it writes to disk before it confirms. */
export function capabilitiesOf(maxMessageBytes: number, isDurable: boolean): Capabilities {
  const all = features.map((name): [Feature, Support] => [name, supported[name] ?? 'none'])
  return Object.freeze({
    // `fromEntries` forgets the names of the keys; they are exactly those of `features`.
    features: Object.freeze({
      ...(Object.fromEntries(all) as Record<Feature, Support>),
      durable: isDurable ? 'native' : 'none',
    }),
    limits: Object.freeze({ maxMessageBytes, maxDelayMs: 365 * 86_400_000 }),
  })
}
