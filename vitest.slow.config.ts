/** The slow tests: kept out of the everyday run, part of CI. */
import { longestFirst } from './tooling/longest-first.js'
import { sourceTests } from './tooling/vitest.js'

const longest = ['kill-loop', 'simulation', 'crashes', 'mutants', 'faults-scale'].map(
  (name) => `/${name}.slow.`,
)

export default sourceTests({
  name: 'slow',
  include: ['**/test/**/*.slow.test.ts'],
  testTimeout: 300_000,
  // Most of their time they wait for servers that were killed.
  maxWorkers: 3,
  sequence: { sequencer: longestFirst(longest) },
})
