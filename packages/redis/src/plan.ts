/** What will exist at the server for topics, and how it is looked at and made. */

import { type Provisioner, provision, type Resource } from '@busbar/adapter'
import { BusError, type Channel } from 'busbar/transport'
import type { Link } from './link.js'
import { allOf, baseOf, lineOf } from './names.js'
import { type RedisOptions, settingsOf } from './options.js'
import { lineFacts } from './places.js'
import { pairsIn, textIn } from './replies.js'
import { join } from './scripts/joining.js'
import { declare, note } from './scripts/managing.js'

/** The channels and declared groups of topics at a server, in the order in which they are made. Connects to nothing. */
export function plan(
  topics: Iterable<{ readonly channel: Channel }>,
  options: Pick<RedisOptions, 'prefix' | 'groups'> = {},
): Resource[] {
  const { prefix, groups } = settingsOf({ ...options, url: 'redis://localhost' })
  return [...topics].flatMap(({ channel }) => resourcesOf(prefix, groups[channel.name] ?? [], channel))
}

function resourcesOf(prefix: string, groups: readonly string[], channel: Channel): Resource[] {
  const { kind, params, guarantees } = channel
  const base = baseOf(prefix, channel)
  const isTracked = guarantees.tracked && (kind === 'event' || kind === 'stream')
  return [
    { type: 'channel', name: base, settings: { kind, path: params.join('.'), durable: guarantees.durable } },
    ...(isTracked ? groups : []).map((group) => ({
      type: 'group',
      name: `${base} ${group}`,
      settings: { pattern: allOf(channel) },
    })),
  ]
}

/** Makes or verifies a channel and notes the build of its contract. CONTRACT_MISMATCH, NOT_FOUND or UNSUPPORTED. */
export async function declareChannel(link: Link, channel: Channel, isDurable: boolean): Promise<void> {
  if (channel.guarantees.durable && !isDurable) {
    throw new BusError(
      'UNSUPPORTED',
      `"${channel.name}" is durable and this Redis does not write each command to disk before it answers: set appendonly yes, appendfsync always and maxmemory-policy noeviction.`,
      { outcome: 'rejected', details: { topic: channel.name, guarantee: 'durable' } },
    )
  }
  const { prefix, groups, provision: mode } = link.settings
  const resources = resourcesOf(prefix, groups[channel.name] ?? [], channel)
  await provision(channel, resources, mode, provisionerOf(link, channel))
  if (mode === 'create') await link.run(note, channel, [channel.fingerprint])
}

function provisionerOf(link: Link, channel: Channel): Provisioner {
  const base = link.base(channel)
  const groupOf = (resource: Resource): string => resource.name.slice(base.length + 1)
  return {
    transport: 'Redis',
    async find(resource) {
      if (resource.type === 'group') {
        const facts = await link.connection.command(['HGET', `${base}:lines`, groupOf(resource)])
        return facts === null ? undefined : { pattern: patternIn(textIn(facts)) }
      }
      const found = pairsIn(
        await link.connection.command(['HMGET', `${base}:meta`, ...metaNames]).then(named),
      )
      const kind = found.get('kind')
      if (kind === undefined || kind === null) return undefined
      const textOf = (name: string): string => textIn(found.get(name) ?? '')
      return { kind: textOf('kind'), path: textOf('path'), durable: textOf('durable') === 'true' }
    },
    async create(resource) {
      if (resource.type === 'group') {
        const group = groupOf(resource)
        const line = lineOf(channel, group, allOf(channel))
        await link.run(join, channel, ['', '', line, lineFacts(group, allOf(channel)), 'end'])
        return
      }
      await link.run(
        declare,
        channel,
        Object.entries(resource.settings).flatMap(([name, value]) => [name, String(value)]),
      )
    },
  }
}

const metaNames = ['kind', 'path', 'durable']

/** As names and values, which HGETALL would give with everything else. */
function named(values: Awaited<ReturnType<Link['run']>>) {
  return Array.isArray(values) ? metaNames.flatMap((name, at) => [name, values[at] ?? null]) : values
}

function patternIn(facts: string): string {
  const value: unknown = JSON.parse(facts)
  return typeof value === 'object' && value !== null && 'pattern' in value ? String(value.pattern) : ''
}
