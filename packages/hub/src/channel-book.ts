/** The channels that this hub knows, from its clients and from its store. */

import type { Channel, ChannelState, Engine } from 'busbar/transport'

export interface ChannelBook {
  note(channel: Channel): void
  has(name: string): boolean
  readonly size: number
  /** Counts of every channel by name. */
  states(engine: Engine): Readonly<Record<string, ChannelState>>
}

export function channelBook(): ChannelBook {
  const channels = new Map<string, Channel>()
  return {
    note(channel) {
      if (!channels.has(channel.name)) channels.set(channel.name, channel)
    },
    has: (name) => channels.has(name),
    get size() {
      return channels.size
    },
    states(engine) {
      // fromEntries defines own properties, so that a topic may be called like a member of Object.prototype.
      return Object.fromEntries(
        [...channels.values()].map((channel) => [channel.name, engine.manage(channel, { op: 'inspect' })]),
      )
    },
  }
}
