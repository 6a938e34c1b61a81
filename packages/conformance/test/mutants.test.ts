/** The suite is sharp: every broken transport fails in exactly the chapters it was built to break. */

import { memory } from 'busbar'
import { describe, expect, it } from 'vitest'
import { chapters, runConformance } from '../src/index.js'
import { keeping } from './mutants/dead-letters.js'
import { deliveries } from './mutants/delivering.js'
import { exchanging } from './mutants/exchanging.js'
import { damaged, type Mutant } from './mutants/mutant.js'
import { publishing } from './mutants/publishing.js'
import { streaming } from './mutants/streaming.js'

const mutants: readonly Mutant[] = [...publishing, ...deliveries, ...keeping, ...exchanging, ...streaming]

async function failuresOf(mutant: Mutant): Promise<readonly string[]> {
  const run = await runConformance(
    {
      name: mutant.name,
      async start() {
        return {
          connect: damaged(memory({ name: 'mutant' }), mutant),
          ...(mutant.interrupt !== undefined && { interrupt: mutant.interrupt }),
          async [Symbol.asyncDispose]() {},
        }
      },
    },
    { parallel: 64 },
  )
  return run.results.filter((result) => result.verdict === 'failed').map((result) => result.case)
}

describe('deliberately broken transports', () => {
  for (const mutant of mutants) {
    it.concurrent(`a transport that ${mutant.name}`, { timeout: 120_000 }, async ({ expect: demand }) => {
      const failures = await failuresOf(mutant)
      const broken = [...new Set(failures.map((id) => id.slice(0, id.indexOf('/'))))]
      demand([...broken].sort(), failures.join(', ')).toEqual([...mutant.breaks].sort())
    })
  }

  it('every chapter is broken by some mutant, but for refusals, which are the work of the bus', () => {
    const broken = new Set(mutants.flatMap((mutant) => mutant.breaks))
    const names = chapters.map((chapter) => chapter.name).filter((name) => name !== 'refusals')
    expect(names.filter((name) => !broken.has(name))).toEqual([])
  })
})
