/** What must be there before messages flow: made or verified once for each channel, and again for a new broker. */

import { provision, type Resource } from '@busbar/adapter'
import type { Channel } from 'busbar/transport'
import type { Line } from './line.js'
import { type Management, openManagement } from './management.js'
import { groupQueueOf } from './names.js'
import type { Settings } from './options.js'
import { groupResources, resourcesOf } from './plan.js'
import { createProvisioner } from './provisioner.js'
import type { Wire } from './wire.js'

export interface Topology {
  /** Resolves when all is there that the channel needs; undefined when that is known already. */
  declare(channel: Channel, signal: AbortSignal): Promise<void> | undefined
  /** The queue of a group, which is there when this resolves. */
  group(channel: Channel, group: string, pattern: string, signal: AbortSignal): Promise<string>
  /** Questions and orders to the broker over a wire. */
  managementOn(wire: Wire): Promise<Management>
}

interface Wanted {
  readonly channel: Channel
  readonly resources: readonly Resource[]
  done: Promise<void>
  isDone: boolean
}

export function createTopology(line: Line, settings: Settings): Topology {
  const wanted = new Map<string, Wanted>()
  let known: { readonly wire: Wire; readonly management: Promise<Management> } | undefined
  const managementOn = (wire: Wire): Promise<Management> => {
    if (known?.wire !== wire) known = { wire, management: openManagement(wire) }
    return known.management
  }
  const bring = async (channel: Channel, resources: readonly Resource[], wire: Wire): Promise<void> => {
    if (settings.provision === 'off') return
    await provision(channel, resources, settings.provision, createProvisioner(await managementOn(wire)))
  }
  /** Tried again on the next wire when one breaks meanwhile. */
  const bringSoon = async (
    channel: Channel,
    resources: readonly Resource[],
    signal: AbortSignal,
  ): Promise<void> => {
    for (;;) {
      const wire = await line.ready(`Declaring "${channel.name}"`, signal)
      try {
        return await bring(channel, resources, wire)
      } catch (error) {
        if (wire.isUp) throw error
      }
    }
  }
  const want = (
    place: string,
    channel: Channel,
    resources: () => readonly Resource[],
    signal: AbortSignal,
  ) => {
    const before = wanted.get(place)
    if (before !== undefined) return before
    const all = resources()
    const one: Wanted = { channel, resources: all, done: bringSoon(channel, all, signal), isDone: false }
    wanted.set(place, one)
    one.done.then(
      () => {
        one.isDone = true
      },
      () => wanted.delete(place),
    )
    return one
  }
  line.prepare = async (wire) => {
    if (settings.provision !== 'create') return
    // A broker that came back empty is furnished again; what cannot be made is missed by those who need it.
    await Promise.allSettled(
      [...wanted.values()].map(({ channel, resources }) => bring(channel, resources, wire)),
    )
  }
  return {
    declare(channel, signal) {
      const place = `${channel.name}\n${channel.fingerprint}\n${channel.kind}`
      const one = want(place, channel, () => resourcesOf(settings, channel), signal)
      return one.isDone ? undefined : one.done
    },
    async group(channel, group, pattern, signal) {
      const queue = groupQueueOf(settings, channel, group, pattern)
      await want(queue, channel, () => groupResources(settings, channel, group, pattern), signal).done
      return queue
    },
    managementOn,
  }
}
