/** A hub behind a proxy that cuts all its links at random moments, as the history says. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { type Connect, systemClock } from 'busbar'
import type { History } from '../src/index.js'

export interface CutHub extends AsyncDisposable {
  readonly connect: Connect
  /** Resolves when it has cut so many times. */
  cut(times: number, random: () => number, history: History): Promise<void>
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => void systemClock.after(ms, resolve, { keepAlive: true }))

export async function startCutHub(): Promise<CutHub> {
  const host = '127.0.0.1'
  const hub = await createHub({ tcp: { port: 0 } })
  const port = Number(new URL(hub.tcpUrl).port)
  const proxy = await createCuttingProxy(() => ({ host, port }))
  return {
    connect: tcp({ url: `tcp://${host}:${proxy.port}` }),
    async cut(times, random, history) {
      for (let count = 0; count < times; count++) {
        await pause(60 + random() * 100)
        history.write('nemesis', { op: 'fault', type: 'begin', fault: 'cut' })
        await proxy.cut()
        // What was on its way is heard of a little later.
        await pause(20)
        history.write('nemesis', { op: 'fault', type: 'end', fault: 'cut' })
      }
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await hub.close()
    },
  }
}
