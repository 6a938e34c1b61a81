/** The reference subject: the memory wire, on a store, passes every case it claims. */

import { conformance } from '../src/vitest.js'
import { storedMemory } from './stored-memory.js'

conformance({ name: 'memory', start: () => storedMemory('memory') }, { report: '../../bus/conformance.json' })
