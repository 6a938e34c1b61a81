/** The tests that drive a real Chromium. */
import { sourceTests } from './tooling/vitest.js'

export default sourceTests({
  name: 'browser',
  include: ['**/test/**/*.browser.test.ts'],
  testTimeout: 120_000,
  fileParallelism: false,
})
