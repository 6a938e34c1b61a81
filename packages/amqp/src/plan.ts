/** What will exist at the broker for a channel, as data. */

import type { Resource } from '@busbar/adapter'
import type { Channel } from 'busbar/transport'
import { addressOf, deadAddressOf, groupQueueOf, selectorOf } from './names.js'
import { type AmqpOptions, type Naming, namingOf } from './options.js'

/**
 * What will exist at an Artemis broker for these topics, to be printed with `describePlan` or made by hand. Groups that
 * are not declared in the options are made when their first member comes.
 */
export function plan(
  topics: readonly { readonly channel: Channel }[],
  options: Pick<AmqpOptions, 'prefix' | 'groups'> = {},
): readonly Resource[] {
  const naming = namingOf(options)
  return topics.flatMap(({ channel }) => resourcesOf(naming, channel))
}

export function resourcesOf(naming: Naming, channel: Channel): readonly Resource[] {
  const address = addressOf(naming, channel)
  const dead = deadAddressOf(naming, channel)
  const { durable } = channel.guarantees
  switch (channel.kind) {
    case 'queue':
      return [...queueOf(address, durable), ...queueOf(dead, durable)]
    case 'event': {
      const topic = addressResource(address, 'MULTICAST')
      if (!channel.guarantees.tracked) return [topic]
      const groups = naming.groups[channel.name] ?? []
      return [
        topic,
        countless(address),
        ...groups.flatMap((group) => groupResources(naming, channel, group, channel.name)),
        ...queueOf(dead, durable),
      ]
    }
    default:
      return [addressResource(address, 'ANYCAST')]
  }
}

/** The queue of a group of a tracked event. */
export function groupResources(
  naming: Naming,
  channel: Channel,
  group: string,
  pattern: string,
): readonly Resource[] {
  const filter = selectorOf(channel, pattern) ?? ''
  const { durable } = channel.guarantees
  const settings = { address: addressOf(naming, channel), routing: 'MULTICAST', durable, filter }
  return [{ type: 'queue', name: groupQueueOf(naming, channel, group, pattern), settings }]
}

function queueOf(address: string, durable: boolean): readonly Resource[] {
  return [
    addressResource(address, 'ANYCAST'),
    countless(address),
    { type: 'queue', name: address, settings: { address, routing: 'ANYCAST', durable, filter: '' } },
  ]
}

function addressResource(name: string, routing: 'ANYCAST' | 'MULTICAST'): Resource {
  return { type: 'address', name, settings: { routing } }
}

/** Attempts belong to the bus: by default the broker drops a message without a word after its tenth delivery. */
function countless(address: string): Resource {
  return { type: 'address-settings', name: address, settings: { maxDeliveryAttempts: -1 } }
}
