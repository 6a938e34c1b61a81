/** The slow tests: kept out of the everyday run, part of CI. */
import { sourceTests } from './tooling/vitest.js'

export default sourceTests({
  name: 'slow',
  include: ['**/test/**/*.slow.test.ts'],
  testTimeout: 300_000,
  // Some measure time or fill the machine by themselves.
  fileParallelism: false,
})
