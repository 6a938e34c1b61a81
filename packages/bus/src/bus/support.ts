/** Refuses at first use what the transport cannot give, instead of giving less in silence. */

import type { Capabilities, Feature } from '../capabilities.js'
import type { Channel } from '../channel.js'
import { defaults } from '../contract/guarantees.js'
import { BusError } from '../errors.js'
import { brokersWith } from '../memory/broker-profiles.js'

/** Which wires of this project have a feature, for the message only. A broker is durable if its servers are set up for it. */
function wiresWith(feature: Feature): string {
  if (feature === 'durable')
    return 'memory({ store }), a hub with a store, or a broker that syncs what it confirms'
  const wires = ['memory', 'tcp', 'websocket', ...brokersWith(feature)]
  return `${wires.slice(0, -1).join(', ')} and ${wires.at(-1)}`
}

/** The features that a channel needs whatever verb is used on it, each with the promise that asks for it. */
function needs(channel: Channel): readonly (readonly [Feature, string])[] {
  const { kind, guarantees: g } = channel
  const all: (readonly [Feature, string, boolean])[] = [
    [kind, `the kind "${kind}"`, true],
    ['event.path', 'a path', kind === 'event' && channel.params.length > 0],
    ['event.retry', 'at-least-once delivery of events', kind === 'event' && g.tracked],
    ['queue.retry', 'retry', kind === 'queue' && g.retry.attempts > 1],
    ['queue.priority', 'priority', g.priority],
    ['queue.order', 'order per key', kind === 'queue' && g.ordered],
    ['queue.expiry', 'ttlMs', kind === 'queue' && g.ttlMs !== undefined],
    ['request.streamed', 'streamed replies', g.streamed],
    [
      'stream.retention',
      'retention (keepMs, keepCount, keepBytes)',
      (g.keepMs ?? g.keepCount ?? g.keepBytes) !== undefined,
    ],
    // The default of durable topics is kept where it can be; who names another window relies on it.
    ['dedupe', 'dedupeMs', g.dedupeMs !== undefined && !(g.durable && g.dedupeMs === defaults.dedupeMs)],
    ['durable', 'durable', g.durable],
  ]
  return all.filter(([, , needed]) => needed).map(([feature, what]) => [feature, what])
}

/** UNSUPPORTED for the first guarantee of a channel that the transport lacks. */
export function requireChannel(channel: Channel, transport: Seen): void {
  for (const [feature, what] of needs(channel)) requireFeature(channel, transport, feature, what)
}

/** UNSUPPORTED when the transport lacks one feature; `what` names it in the user's words. */
export function requireFeature(channel: Channel, transport: Seen, feature: Feature, what: string): void {
  if (transport.capabilities.features[feature] !== 'none') return
  throw new BusError(
    'UNSUPPORTED',
    `"${channel.name}" needs ${what} (${feature}), which the transport "${transport.name}" does not have; ` +
      `${wiresWith(feature)} would.`,
    {
      details: { topic: channel.name, feature, transport: transport.name },
      outcome: 'rejected',
    },
  )
}

interface Seen {
  readonly name: string
  readonly capabilities: Capabilities
}
