/** What a run proved, as JSON: the source of the matrices in the docs. */

import { type Capabilities, type Feature, features, type Support } from 'busbar/transport'
import type { Result, Run } from './run.js'

export interface Report {
  readonly transport: string
  readonly features: Readonly<Record<Feature, FeatureReport>>
  readonly limits: Capabilities['limits']
  readonly chapters: Readonly<Record<string, Tally>>
}

/** A claim, and by how many cases it was proven. */
export interface FeatureReport {
  readonly support: Support
  readonly cases: number
}

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly known: number
  readonly skipped: number
}

/** Sums up a run. */
export function reportOf({ name, capabilities, results }: Run): Report {
  const passed = results.filter((result) => result.verdict === 'passed')
  const byFeature = features.map((feature) => {
    const support = capabilities.features[feature]
    return [feature, { support, cases: passed.filter((result) => result.proves === feature).length }] as const
  })
  const names = [...new Set(results.map((result) => chapterOf(result)))]
  return {
    transport: name,
    // The entries were made from the list of all features.
    features: Object.fromEntries(byFeature) as Report['features'],
    limits: capabilities.limits,
    chapters: Object.fromEntries(
      names.map((chapter) => [chapter, tally(results.filter((result) => chapterOf(result) === chapter))]),
    ),
  }
}

function chapterOf(result: Result): string {
  return result.case.slice(0, result.case.indexOf('/'))
}

function tally(results: readonly Result[]): Tally {
  const count = (verdict: Result['verdict']) => results.filter((result) => result.verdict === verdict).length
  return {
    passed: count('passed'),
    failed: count('failed'),
    known: count('known'),
    skipped: count('skipped'),
  }
}
