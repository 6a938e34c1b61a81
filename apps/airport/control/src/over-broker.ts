/** Puts each topic that a broker can carry onto it, and leaves the rest to the hub. Services know nothing of it. */

import { airport } from '@airport/contracts'
import { connect } from '@busbar/connect'
import { route } from '@busbar/route'
import type { Connect } from 'busbar'
import {
  type AnyTopic,
  type Capabilities,
  type Feature,
  requireChannel,
  requireFeature,
} from 'busbar/transport'

/** What the services do with their topics besides what the topics promise. */
const used: Readonly<Partial<Record<AnyTopic['channel']['kind'], readonly Feature[]>>> = {
  event: ['event.groups'],
}

/** Names of the airport's topics that a wire with these capabilities can carry, in the order of the contract. */
export function carriedBy(wire: {
  readonly name: string
  readonly capabilities: Capabilities
}): readonly string[] {
  return Object.values(airport)
    .filter(({ channel }) => {
      try {
        requireChannel(channel, wire)
        for (const feature of used[channel.kind] ?? []) requireFeature(channel, wire, feature, feature)
        return true
      } catch {
        return false
      }
    })
    .map(({ channel }) => channel.name)
}

/** The wire of a service of an airport on a broker. */
export function overBroker(url: string, hub: Connect): Connect {
  return async (host) => {
    let onState = host.onState
    const wire = await connect(url)({ ...host, onState: (state, reason) => onState(state, reason) })
    // It is open already; the route only learns whom to tell of its state.
    const broker: Connect = async (routed) => {
      onState = routed.onState
      return wire
    }
    const routes = Object.fromEntries(carriedBy(wire).map((name) => [name, broker]))
    try {
      return await route({ ...routes, '**': hub })(host)
    } catch (error) {
      await wire.close(AbortSignal.abort())
      throw error
    }
  }
}
