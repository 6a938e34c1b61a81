/** The transport of docs/writing-a-transport.md passes what it claims, and is refused for the rest. */

import { conformance } from '../../src/vitest.js'
import { loopback } from './loopback.js'

conformance({
  name: 'loopback',
  start: async () => ({ connect: loopback(), async [Symbol.asyncDispose]() {} }),
})
