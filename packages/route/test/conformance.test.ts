/** Whatever lies behind a route or a move keeps what it promises. */

import { conformance } from '@busbar/conformance/vitest'
import { memory } from 'busbar'
import { migrate, route } from '../src/index.js'

const over = (connect: ReturnType<typeof route>) => async () => ({
  connect,
  async [Symbol.asyncDispose]() {},
})

conformance({ name: 'route', start: over(route({ 'nowhere.**': memory(), '**': memory() })) })
conformance({ name: 'migrate', start: over(migrate({ from: memory(), to: memory() }).connect) })
conformance({
  name: 'migrated',
  start: over(migrate({ from: memory(), to: memory(), write: 'to' }).connect),
})
