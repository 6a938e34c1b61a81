/** Written down at the broker: which channel has which kind, so that a name is not taken twice. */

import { type Provision, type Provisioner, provision } from '@busbar/adapter'
import { BusError, type Channel, type Host } from 'busbar/transport'
import type { Settings } from './options.js'
import { registryOf } from './plan.js'
import type { Cluster } from './wire/cluster.js'
import { codeOf, codes } from './wire/failure.js'
import type { Producer } from './wire/producer.js'
import { readToEnd } from './wire/read-to-end.js'

interface Entry {
  readonly kind: string
  readonly durable: boolean
}

export interface Registry {
  /** CONTRACT_MISMATCH when the name belongs to another kind of topic, or is durable there and not here. */
  check(channel: Channel): Promise<void>
  /** Writes the channel down; the first who does so is right. */
  enter(channel: Channel): Promise<void>
}

export function createRegistry(
  host: Host,
  cluster: Cluster,
  producer: Producer,
  settings: Settings,
  provisioner: Provisioner,
): Registry {
  const resource = registryOf(settings)
  const mode: Provision = settings.provision
  const entries = new Map<string, Entry>()
  let next = 0
  let ready: Promise<boolean> | undefined
  let reading: Promise<unknown> = Promise.resolve()

  /** Those who make nothing do not need it: there may be none, or none that they may read. */
  async function prepare(): Promise<boolean> {
    if (mode === 'create') await provision({ name: resource.name }, [resource], mode, provisioner)
    try {
      await cluster.topic(resource.name)
      return true
    } catch (error) {
      const code = codeOf(error)
      if (code === codes.unknownTopic) return false
      if (code === codes.topicForbidden && mode !== 'create') return false
      throw error
    }
  }

  async function read(): Promise<void> {
    next = await readToEnd(host, cluster, resource.name, next, ({ key, value }) => {
      const name = key?.toString()
      const entry = value === null ? undefined : entryOf(value.toString())
      if (name !== undefined && entry !== undefined && !entries.has(name)) entries.set(name, entry)
    })
  }

  async function isThere(): Promise<boolean> {
    ready ??= prepare()
    ready.catch(() => {
      ready = undefined
    })
    return ready
  }

  /** One after the other, so that no record is read twice. */
  function sync(): Promise<void> {
    const mine = reading.then(read, read)
    reading = mine
    return mine
  }

  function compare({ name, kind, guarantees }: Channel): void {
    const known = entries.get(name)
    if (known === undefined) return
    if (known.kind === kind && known.durable === guarantees.durable) return
    const there = `${known.durable ? 'durable ' : ''}${known.kind}`
    const here = `${guarantees.durable ? 'durable ' : ''}${kind}`
    throw new BusError('CONTRACT_MISMATCH', `"${name}" is a ${there} at Kafka, not a ${here}.`, {
      outcome: 'rejected',
      details: { topic: name },
    })
  }

  const write = (name: string, entry: Entry): Promise<unknown> =>
    producer.send(resource.name, {
      key: Buffer.from(name),
      value: Buffer.from(JSON.stringify(entry)),
      headers: {},
    })

  return {
    async check(channel) {
      if (!(await isThere())) return
      if (!entries.has(channel.name)) await sync()
      compare(channel)
    },
    async enter(channel) {
      const { name, kind, guarantees } = channel
      if (mode !== 'create' || entries.has(name)) return
      await write(name, { kind, durable: guarantees.durable })
      await sync()
      const first = entries.get(name)
      try {
        compare(channel)
      } catch (error) {
        // Compaction keeps the last record of a name, so the right one has to be the last.
        if (first !== undefined) await write(name, first)
        throw error
      }
    },
  }
}

function entryOf(text: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('kind' in value) || !('durable' in value)) {
      return undefined
    }
    return { kind: String(value.kind), durable: value.durable === true }
  } catch {
    return undefined
  }
}
