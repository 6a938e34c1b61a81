/** Requests and pairs over bare lanes pass the suite, cuts and restarts of the broker included. */

import { conformance } from '@busbar/conformance/vitest'
import { LoopbackBroker } from './loopback-broker.js'
import { cut, heal, type Joined, join, transportOf } from './loopback-transport.js'

conformance({
  name: 'exchanges over lanes',
  async start() {
    const broker = new LoopbackBroker()
    const links = new Set<Joined>()
    return {
      async connect(host) {
        const link = join(broker, host)
        links.add(link)
        return transportOf(link, () => links.delete(link))
      },
      async interrupt() {
        for (const link of links) cut(link)
        await new Promise<void>((resolve) => setImmediate(resolve))
        for (const link of links) heal(link)
      },
      async restart() {
        for (const link of links) cut(link)
        for (const link of links)
          link.exchanges.onDown({ code: 'PAIR_RESET', message: 'The broker restarted.' })
        for (const link of links) heal(link)
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})
