/** The slow tests: kept out of the everyday run, part of CI. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { sourceTests } from './tooling/vitest.js'

/** Minutes each: begun first, they run beside all the others. */
const longest = ['kill-loop', 'simulation', 'crashes', 'mutants', 'faults-scale']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((name) => moduleId.includes(`/${name}.slow.`))
      return place < 0 ? longest.length : place
    }
    return [...files].sort((a, b) => rank(a) - rank(b))
  }
}

export default sourceTests({
  name: 'slow',
  include: ['**/test/**/*.slow.test.ts'],
  testTimeout: 300_000,
  // Most of their time they wait for servers that were killed.
  maxWorkers: 2,
  sequence: { sequencer: LongestFirst },
})
