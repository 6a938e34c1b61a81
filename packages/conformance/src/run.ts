/** Runs cases against a harness, without a test runner. */

import { type Capabilities, type Feature, systemClock } from 'busbar/transport'
import type { Case } from './case.js'
import { chapters } from './chapters.js'
import type { Harness, World } from './harness.js'
import { stage } from './scene.js'
import { within } from './within.js'

/** How one case went. */
export type Result = { readonly case: string; readonly proves: Feature | 'contract' } & (
  | { readonly verdict: 'passed' }
  | { readonly verdict: 'failed' | 'known'; readonly error: Error }
  | { readonly verdict: 'skipped'; readonly why: string }
)

/** How a whole run went. */
export interface Run {
  readonly name: string
  readonly capabilities: Capabilities
  readonly results: readonly Result[]
}

/** Longer than any deadline inside a case, so that a case that hangs is named with what it waits for. */
const caseLimitMs = 30_000

/** Every case of the suite, in the order of its chapters. */
export const cases: readonly Case[] = chapters.flatMap((chapter) => chapter.cases)

/** Asks a fresh link what it claims. */
export async function capabilitiesOf(world: World): Promise<Capabilities> {
  const host = { service: 'conformance', instance: 'probe', clock: world.clock ?? systemClock }
  const transport = await world.connect({ ...host, random: () => 0.5, onState: () => {} })
  await transport.close(AbortSignal.abort())
  return transport.capabilities
}

/** Why a case does not apply, or undefined when it does. */
export function whyNot(one: Case, capabilities: Capabilities, world: World): string | undefined {
  const missing = one.needs.filter((feature) => capabilities.features[feature] === 'none')
  if (missing.length > 0) return `the transport has no ${missing.join(', ')}`
  if (one.lacks !== undefined && capabilities.features[one.lacks] !== 'none') {
    return `the transport has ${one.lacks}`
  }
  const unable = (one.abilities ?? []).filter((ability) => world[ability] === undefined)
  return unable.length > 0 ? `the harness cannot ${unable.join(', ')}` : undefined
}

/** Runs one case in a scene of its own; never rejects. */
export async function runCase(
  one: Case,
  world: World,
  capabilities: Capabilities,
  known: Harness['knownFailures'] = [],
): Promise<Result> {
  const facts = { case: one.id, proves: one.proves }
  const why = whyNot(one, capabilities, world)
  if (why !== undefined) return { ...facts, verdict: 'skipped', why }
  const excuse = known.find((failure) => failure.case === one.id)
  try {
    await within(
      stage(world, capabilities, (scene) => one.run(scene)),
      one.id,
      caseLimitMs,
    )
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error), { cause: error })
    return { ...facts, verdict: excuse === undefined ? 'failed' : 'known', error: failure }
  }
  if (excuse === undefined) return { ...facts, verdict: 'passed' }
  const error = new Error(`${one.id} passes now: remove it from knownFailures (${excuse.issue}).`)
  return { ...facts, verdict: 'failed', error }
}

/** Runs the suite, or the given cases, one after another. */
export async function runConformance(harness: Harness, selection: readonly Case[] = cases): Promise<Run> {
  await using world = await harness.start()
  const capabilities = await capabilitiesOf(world)
  const results: Result[] = []
  for (const one of selection) {
    results.push(await runCase(one, world, capabilities, harness.knownFailures))
  }
  return { name: harness.name, capabilities, results }
}

/** Entries of knownFailures that name no case. */
export function strayFailures(harness: Harness): readonly string[] {
  const ids = new Set<string>(cases.map((one) => one.id))
  return (harness.knownFailures ?? []).map((failure) => failure.case).filter((id) => !ids.has(id))
}
