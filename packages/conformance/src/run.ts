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
const longestCaseMs = 80_000

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
function whyNot(one: Case, capabilities: Capabilities, world: World): string | undefined {
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
  limitMs = longestCaseMs,
): Promise<Result> {
  const facts = { case: one.id, proves: one.proves }
  const why = whyNot(one, capabilities, world)
  if (why !== undefined) return { ...facts, verdict: 'skipped', why }
  const excuse = known.find((failure) => failure.case === one.id)
  try {
    await within(
      stage(world, capabilities, (scene) => one.run(scene)),
      one.id,
      limitMs,
    )
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error), { cause: error })
    return { ...facts, verdict: excuse === undefined ? 'failed' : 'known', error: failure }
  }
  if (excuse === undefined) return { ...facts, verdict: 'passed' }
  const error = new Error(`${one.id} passes now: remove it from knownFailures (${excuse.issue}).`)
  return { ...facts, verdict: 'failed', error }
}

export interface RunOptions {
  /** Default: the whole suite. */
  readonly cases?: readonly Case[]
  /** Cases running at once; default 1. More only where nobody interrupts the broker. */
  readonly parallel?: number
  /** When a case counts as failed though it still waits; default 80,000. */
  readonly caseLimitMs?: number
}

/** Runs the suite, or some of its cases. Rejects only when the harness cannot start. */
export async function runConformance(harness: Harness, options: RunOptions = {}): Promise<Run> {
  const { cases: selection = cases, parallel = 1, caseLimitMs } = options
  const world = await harness.start()
  try {
    const capabilities = await capabilitiesOf(world)
    const results = await inOrder(selection, parallel, (one) =>
      runCase(one, world, capabilities, harness.knownFailures, caseLimitMs),
    )
    return { name: harness.name, capabilities, results }
  } finally {
    await world[Symbol.asyncDispose]()
  }
}

/** Maps with at most `parallel` running; results are in the order of the items. */
async function inOrder<T, R>(
  items: readonly T[],
  parallel: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>()
  const rest = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of rest) results.set(index, await run(item))
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result)
}

/** Entries of knownFailures that name no case. */
export function strayFailures(harness: Harness): readonly string[] {
  const ids = new Set<string>(cases.map((one) => one.id))
  return (harness.knownFailures ?? []).map((failure) => failure.case).filter((id) => !ids.has(id))
}
