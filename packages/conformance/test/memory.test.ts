/** The reference subject: the memory wire passes every case it claims. */

import { memory } from 'busbar'
import { conformance } from '../src/vitest.js'

conformance(
  {
    name: 'memory',
    async start() {
      return { connect: memory(), async [Symbol.asyncDispose]() {} }
    },
  },
  { report: '../../bus/conformance.json' },
)
