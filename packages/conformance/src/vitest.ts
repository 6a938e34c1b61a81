/** The suite as vitest tests: one line in the test file of a transport. */

import type { Capabilities } from 'busbar/transport'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chapters } from './chapters.js'
import type { Harness, World } from './harness.js'
import { reportOf } from './report.js'
import { capabilitiesOf, type Result, runCase, strayFailures } from './run.js'

export interface ConformanceOptions {
  /** Where the report is kept, relative to the test file; a test fails when it is stale, `vitest -u` renews it. */
  readonly report?: string
}

/** Declares the tests of the whole suite for one transport. Cases that do not apply are reported as skipped. */
export function conformance(harness: Harness, { report }: ConformanceOptions = {}): void {
  describe(harness.name, () => {
    const results: Result[] = []
    let world: World
    let capabilities: Capabilities
    beforeAll(async () => {
      world = await harness.start()
      capabilities = await capabilitiesOf(world)
    })
    afterAll(() => world[Symbol.asyncDispose]())
    for (const chapter of chapters) {
      describe(chapter.name, () => {
        // What hundreds of cases have left at a broker must not decide how soon it is back.
        if (chapter.cases.some(({ abilities = [] }) => abilities.includes('restart'))) {
          beforeAll(async () => {
            if (world.restart === undefined) return
            await world[Symbol.asyncDispose]()
            world = await harness.start()
          })
        }
        for (const one of chapter.cases) {
          it(`${one.title} [${one.id}]`, { timeout: 90_000 }, async ({ skip }) => {
            const result = await runCase(one, world, capabilities, harness.knownFailures)
            results.push(result)
            if (result.verdict === 'skipped') skip(result.why)
            if (result.verdict === 'failed') throw result.error
          })
        }
      })
    }
    it('every known failure names a case', () => expect(strayFailures(harness)).toEqual([]))
    if (report !== undefined) {
      it('the report is current', async () => {
        const text = JSON.stringify(reportOf({ name: harness.name, capabilities, results }), null, 2)
        await expect(`${text}\n`).toMatchFileSnapshot(report)
      })
    }
  })
}
