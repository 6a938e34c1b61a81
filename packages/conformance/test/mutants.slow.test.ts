/** The suite is sharp: every broken transport fails in exactly the chapters it was built to break. */

import { memory } from 'busbar'
import { beforeAll, describe, expect, it } from 'vitest'
import { cases, chapters, type RunOptions, runConformance } from '../src/index.js'
import { keeping } from './mutants/dead-letters.js'
import { deliveries } from './mutants/delivering.js'
import { exchanging } from './mutants/exchanging.js'
import { damageOf, type Mutant } from './mutants/mutant.js'
import { publishing } from './mutants/publishing.js'
import { streaming } from './mutants/streaming.js'
import { surviving } from './mutants/surviving.js'
import { storedMemory } from './stored-memory.js'

const mutants: readonly Mutant[] = [
  ...publishing,
  ...deliveries,
  ...keeping,
  ...exchanging,
  ...streaming,
  ...surviving,
]

const chapterOf = (id: string): string => id.slice(0, id.indexOf('/'))

async function failuresOf(mutant: Mutant, options: RunOptions): Promise<readonly string[]> {
  const harness = {
    name: mutant.name,
    async start() {
      const damage = damageOf(mutant)
      if (mutant.isStored) return storedMemory('mutant', damage)
      return {
        connect: damage(memory({ name: 'mutant' })),
        ...(mutant.interrupt !== undefined && { interrupt: mutant.interrupt }),
        async [Symbol.asyncDispose]() {},
      }
    },
  }
  const { results } = await runConformance(harness, options)
  return results.filter((result) => result.verdict === 'failed').map((result) => result.case)
}

/** Many cases at once on a busy machine are late at times: what nobody expects to fail must fail alone, too. */
async function confirmed(mutant: Mutant, failed: readonly string[]): Promise<readonly string[]> {
  const surprising = failed.filter((id) => !mutant.breaks.includes(chapterOf(id)))
  if (surprising.length === 0) return failed
  const again = await failuresOf(mutant, { cases: cases.filter((one) => surprising.includes(one.id)) })
  return [...failed.filter((id) => !surprising.includes(id)), ...again]
}

describe('deliberately broken transports', () => {
  const failures = new Map<Mutant, readonly string[]>()

  // Most of the time goes into waiting for what never comes, so two run at once.
  beforeAll(async () => {
    const rest = mutants.values()
    const work = async () => {
      for (const mutant of rest) {
        failures.set(mutant, await failuresOf(mutant, { parallel: 8, caseLimitMs: 2_500 }))
      }
    }
    await Promise.all([work(), work()])
    // By now nothing else runs here.
    for (const [mutant, failed] of failures) failures.set(mutant, await confirmed(mutant, failed))
  }, 600_000)

  for (const mutant of mutants) {
    it(`a transport that ${mutant.name}`, () => {
      const found = failures.get(mutant) ?? []
      const broken = new Set(found.map(chapterOf))
      expect([...broken].sort(), found.join(', ')).toEqual([...mutant.breaks].sort())
    })
  }

  it('every chapter is broken by some mutant, but for refusals, which are the work of the bus', () => {
    const broken = new Set(mutants.flatMap((mutant) => mutant.breaks))
    const names = chapters.map((chapter) => chapter.name).filter((name) => name !== 'refusals')
    expect(names.filter((name) => !broken.has(name))).toEqual([])
  })
})
