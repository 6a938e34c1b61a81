/** The one test run: every test beside the code, on source, without a build. */
import { availableParallelism } from 'node:os'
import { sourceTests } from './tooling/vitest.js'

export default sourceTests({
  name: 'fast',
  include: ['**/test/**/*.test.ts'],
  // Deadlines inside the tests are shorter and say what was late; a busy machine of two cores needs this long.
  testTimeout: 30_000,
  // By itself the runner leaves one core to others, and of two cores uses one.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  exclude: ['**/*.slow.test.ts', '**/*.browser.test.ts', '**/*.broker.test.ts'],
})
