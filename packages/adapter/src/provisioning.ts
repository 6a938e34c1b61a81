/** What must exist at a broker before messages flow: said as data, made, verified, or left to somebody else. */

import { BusError } from 'busbar/transport'

/**
 * `create`: makes what is missing and verifies what is there (default); `verify`: makes nothing and names each
 * difference; `off`: trusts that everything is there.
 */
export type Provision = 'create' | 'verify' | 'off'

export type Settings = Readonly<Record<string, string | number | boolean>>

/** One thing at a broker: a stream, a queue, an exchange, a topic, a group. */
export interface Resource {
  /** What the broker calls such a thing: `stream`, `consumer`, `exchange`. */
  readonly type: string
  readonly name: string
  /** In the broker's own words; those that were not asked for are not compared. */
  readonly settings: Settings
}

/** How an adapter looks and makes. */
export interface Provisioner {
  /** For messages. */
  readonly transport: string
  /** The settings that a resource has, undefined when it does not exist. */
  find(resource: Resource): Promise<Settings | undefined>
  /** Makes it; must not fail when another client was quicker with the same settings. */
  create(resource: Resource): Promise<void>
}

/** What differs, each with what was found; empty when all is as it should be. */
export function differences(resource: Resource, found: Settings | undefined): readonly string[] {
  const what = `${resource.type} ${resource.name}`
  if (found === undefined) return [`${what} does not exist`]
  return Object.entries(resource.settings)
    .filter(([name, value]) => found[name] !== value)
    .map(
      ([name, value]) => `${what} has ${name} ${String(found[name] ?? 'unset')} instead of ${String(value)}`,
    )
}

/**
 * Brings resources about in their order. Rejects with CONTRACT_MISMATCH when one exists with other settings and with
 * NOT_FOUND when one is missing that may not be made; both name every difference.
 */
export async function provision(
  channel: { readonly name: string },
  resources: readonly Resource[],
  mode: Provision,
  provisioner: Provisioner,
): Promise<void> {
  if (mode === 'off') return
  const problems: string[] = []
  let isMissing = false
  for (const resource of resources) {
    const found = await provisioner.find(resource)
    if (found === undefined && mode === 'create') {
      await provisioner.create(resource)
      continue
    }
    isMissing ||= found === undefined
    problems.push(...differences(resource, found))
  }
  if (problems.length === 0) return
  throw new BusError(
    isMissing ? 'NOT_FOUND' : 'CONTRACT_MISMATCH',
    `"${channel.name}" is not provisioned at ${provisioner.transport} as its contract says: ${problems.join('; ')}.`,
    { outcome: 'rejected', details: { topic: channel.name, differences: problems } },
  )
}

/** The plan as text: one line for each resource, its settings behind it. */
export function describePlan(resources: readonly Resource[]): string {
  return resources
    .map(({ type, name, settings }) => {
      const all = Object.entries(settings).map(([key, value]) => `${key}=${String(value)}`)
      return [`${type} ${name}`, ...all].join('  ')
    })
    .join('\n')
}
