/** Brings the queues of a channel about, and refuses a name that another kind of topic has. */

import { type Provision, provision, type Resource } from '@busbar/adapter'
import { BusError, type Channel } from 'busbar/transport'
import { baseOf, type Role, roleOf } from './names.js'
import { isFifo, type Layout, resourceOf, resourcesOf } from './plan.js'
import type { Queues } from './queues.js'

/** For whoever looks at the queues in a console. */
const channelTag = 'busbar-channel'

export class Provisioning {
  constructor(
    private readonly place: string,
    private readonly queues: Queues,
    private readonly layout: Layout,
    private readonly mode: Provision,
  ) {}

  /** Rejects with CONTRACT_MISMATCH or NOT_FOUND, naming every difference. */
  async declare(channel: Channel): Promise<void> {
    if (this.mode === 'off') return
    const base = baseOf(this.layout.prefix, channel.name)
    const names = await this.queues.list(base)
    refuseOthers(this.layout, channel, names, base)
    await this.bring(channel, resourcesOf(this.layout, channel), new Set(names))
  }

  /** For the queue of a group, which comes when its first consumer does. */
  async declareRole(channel: Channel, role: Role): Promise<void> {
    await this.bring(channel, [resourceOf(this.layout, channel, role)])
  }

  private async bring(channel: Channel, resources: readonly Resource[], known?: ReadonlySet<string>) {
    await provision(channel, resources, this.mode, {
      transport: this.place,
      find: async ({ name, settings }) => {
        const found = known !== undefined && !known.has(name) ? undefined : await this.queues.attributes(name)
        // A server that does not report a setting has none that could differ.
        return found === undefined ? undefined : { ...settings, ...found }
      },
      create: ({ name, settings }) => {
        const attributes = Object.entries(settings).map(([key, value]) => [key, String(value)])
        return this.queues.create(name, Object.fromEntries(attributes), { [channelTag]: channel.name })
      },
    })
  }
}

/** A topic changed its kind or its order: the queues of the other form still hold messages. */
function refuseOthers(layout: Layout, channel: Channel, names: readonly string[], base: string): void {
  const { name, kind } = channel
  const others = names.filter((queue) => {
    const role = roleOf(base, queue)
    if (role === undefined || role.is === 'dead') return false
    return (role.is === 'main') !== (kind === 'queue') || role.isFifo !== isFifo(layout, channel, role.is)
  })
  if (others.length === 0) return
  const text = `"${name}" is declared as ${kind}, but queues of another form have its name: ${others.join(', ')}.`
  throw new BusError('CONTRACT_MISMATCH', text, {
    outcome: 'rejected',
    details: { topic: name, differences: others },
  })
}
