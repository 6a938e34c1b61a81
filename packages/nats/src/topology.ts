/** Brings streams, consumers and groups about, once for each channel and again when they are gone. */

import { provision, type Resource } from '@busbar/adapter'
import { DeliverPolicy } from '@nats-io/jetstream'
import { BusError, type Channel, type Start } from 'busbar/transport'
import { apiError, hasNoJetStream } from './errors.js'
import type { Link } from './link.js'
import { consumerOf, type Names } from './names.js'
import type { Settings } from './options.js'
import { groupConsumer, isKept, resourcesOf } from './plan.js'
import { type Begin, createProvisioner, findStream } from './provisioner.js'
import { beginAt } from './reader.js'

export interface Topology {
  declare(channel: Channel): Promise<void>
  /** Gives the name of the durable consumer. */
  group(channel: Channel, group: string, pattern: string, start: Start | undefined): Promise<string>
}

export function createTopology(link: Link, names: Names, settings: Settings): Topology {
  const bring = async (channel: Channel, resources: readonly Resource[], begin: Begin): Promise<void> => {
    const { jsm } = await link.ready()
    await provision(channel, resources, settings.provision, createProvisioner(jsm, begin))
  }
  /** What is not kept needs nothing, but its name must not be taken by something that is. */
  const checkFree = async (channel: Channel): Promise<void> => {
    if (settings.provision === 'off') return
    const { jsm } = await link.ready()
    const found = await findStream(jsm, { name: names.stream(channel) }).catch((cause: unknown) => {
      const error = apiError(`Looking for "${channel.name}"`, cause, 'rejected')
      if (hasNoJetStream(cause) || error.code === 'PERMISSION_DENIED') return undefined
      throw error
    })
    if (found === undefined) return
    const what = `"${channel.name}" is a plain ${channel.kind} here, but NATS keeps a stream ${names.stream(channel)}`
    throw new BusError('CONTRACT_MISMATCH', `${what} (${String(found.description)}).`, {
      outcome: 'rejected',
      details: { topic: channel.name },
    })
  }
  return {
    declare(channel) {
      if (!isKept(channel)) return checkFree(channel)
      return bring(channel, resourcesOf(channel, names, settings), { deliver_policy: DeliverPolicy.New })
    },
    async group(channel, group, pattern, start) {
      const name = consumerOf(channel, group, pattern)
      await bring(channel, [groupConsumer(channel, names, name)], beginAt(start ?? 'end'))
      return name
    },
  }
}
