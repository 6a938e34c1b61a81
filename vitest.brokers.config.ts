/** The tests that need real message servers; what is missing is skipped, or fails with `BUSBAR_REQUIRE_BROKERS=1`. */
import { longestFirst } from './tooling/longest-first.js'
import { sourceTests } from './tooling/vitest.js'

export default sourceTests({
  name: 'brokers',
  include: ['**/test/**/*.broker.test.ts'],
  testTimeout: 60_000,
  hookTimeout: 120_000,
  // A file starts servers of its own and waits for them half its time; more files at a time would starve them.
  maxWorkers: 3,
  sequence: { sequencer: longestFirst(['/kafka/test/conformance.', '/test/conformance.', '/on-brokers.']) },
})
