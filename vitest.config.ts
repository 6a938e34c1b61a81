/** The one test run: every test beside the code, on source, without a build. */
import { sourceTests } from './tooling/vitest.js'

export default sourceTests({
  name: 'fast',
  include: ['**/test/**/*.test.ts'],
  exclude: ['**/*.slow.test.ts', '**/*.browser.test.ts'],
})
