/** Assembles the airport: hub, page, workers and control desk. */

import { createHub } from '@busbar/hub'
import { createBus, systemClock } from 'busbar'
import { comeToRest } from './come-to-rest.js'
import { type Counts, takeCounts } from './counts.js'
import { openDesk } from './desk.js'
import { createFleet, type Fleet } from './fleet.js'
import { launchChild } from './launch-child.js'
import { launchHere } from './launch-here.js'
import type { Options } from './options.js'
import { servePage } from './page-server.js'
import { workerNames } from './services.js'

export interface Airport {
  readonly pageUrl: string
  readonly hubUrl: string
  readonly wire: string
  readonly workers: readonly string[]
  /** Lets the traffic run for the wanted time, brings everything to rest, checks the counts and closes. */
  finish(): Promise<Counts>
  close(): Promise<void>
}

const pagePort = 4680
const host = '127.0.0.1'

/** Opens a hub on the usual ports, or on free ones when those are taken or nobody needs to know them. */
const openHub = async (options: Options, pageUrl: string) => {
  const hub = (tcpPort: number, websocketPort: number) =>
    createHub({
      tcp: { host, port: tcpPort },
      websocket: {
        host,
        port: websocketPort,
        allowedOrigins: [pageUrl, pageUrl.replace('127.0.0.1', 'localhost')],
      },
    })
  if (options.headless) return hub(0, 0)
  return hub(4600, 4601).catch(() => hub(0, 0))
}

export async function startAirport(options: Options): Promise<Airport> {
  let socketUrl = ''
  const page = await servePage(options.headless ? 0 : pagePort, () => socketUrl)
  const hub = await openHub(options, page.url)
  socketUrl = hub.websocketUrl
  const { seed, pace } = options
  const workers = workerNames(options.baggageWorkers)
  const url = options.wire === 'tcp' ? hub.tcpUrl : hub.websocketUrl
  const launch = options.split
    ? launchChild({ url, seed, pace })
    : launchHere({ transport: hub.memory, seed, pace })
  const bus = await createBus({ service: 'control', transport: hub.memory })
  let announce = (): void => undefined
  const fleet: Fleet = createFleet(workers, launch, () => announce())
  const wire = options.split ? `one process each over ${options.wire}` : 'one process on memory'
  const desk = await openDesk(bus, wire, fleet)
  announce = desk.announce
  for (const name of workers) await fleet.start(name)

  const close = async (): Promise<void> => {
    await fleet.stopAll()
    await bus.close()
    await hub.close()
    await page.close()
  }
  return {
    pageUrl: page.url,
    hubUrl: hub.tcpUrl,
    wire,
    workers,
    close,
    async finish() {
      await new Promise<void>((resolve) => {
        systemClock.after((options.seconds ?? 10) * 1_000, resolve, { keepAlive: true })
      })
      const rested = await comeToRest(bus, systemClock, 60_000)
      const counts = await takeCounts(bus, workers)
      await close()
      return rested
        ? counts
        : { ...counts, mismatches: ['the airport did not come to rest', ...counts.mismatches] }
    },
  }
}
