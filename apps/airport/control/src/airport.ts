/** Assembles the airport: hub, page, workers and control desk. */

import { airport } from '@airport/contracts'
import { connect } from '@busbar/connect'
import { createBus, systemClock } from 'busbar'
import { comeToRest } from './come-to-rest.js'
import { type Counts, takeCounts } from './counts.js'
import { crashRuns } from './crash-runs.js'
import { dataDir } from './data-dir.js'
import { openDesk } from './desk.js'
import { createFleet, type Fleet } from './fleet.js'
import { launchChild } from './launch-child.js'
import { launchHere } from './launch-here.js'
import { launchHubChild } from './launch-hub-child.js'
import { launchHubHere } from './launch-hub-here.js'
import { openLostAndFound } from './lost-and-found.js'
import { type Mirror, mirror } from './mirror.js'
import type { Options } from './options.js'
import { overBroker } from './over-broker.js'
import { servePage } from './page-server.js'
import type { Plug, RunningHub } from './running-hub.js'
import { workerNames } from './services.js'
import { seeded } from './worlds.js'

export interface Airport {
  readonly pageUrl: string
  readonly hubUrl: string
  readonly wire: string
  /** What travels over the broker and what the hub has, in a sentence; given when there is a broker and a page. */
  readonly broker: string | undefined
  readonly workers: readonly string[]
  /** Given when the hub is a process of its own. */
  readonly plug: Plug | undefined
  /** Resolves when the hub is gone for good. */
  readonly failed: Promise<Error>
  /** Lets the traffic run for the wanted time, brings everything to rest, checks the counts and closes. */
  finish(): Promise<Counts>
  close(): Promise<void>
}

const pagePort = 4680
/** Long enough to be seen. */
const outageMs = 3_000

function describe({ split, wire }: Options, broker: Mirror | undefined): string {
  const wires = split ? `one process each over ${wire}` : 'one process on memory'
  return broker === undefined ? wires : `${wires}, and ${broker.name}`
}

function divided({ name, carried }: Mirror): string {
  const names = Object.values(airport).map(({ channel }) => channel.name)
  const list = (which: readonly string[]): string =>
    which.map((one) => one.replace(/^airport\./, '')).join(', ')
  const rest = names.filter((one) => !carried.includes(one))
  const others = rest.length === 0 ? '' : `; the hub has what it cannot: ${list(rest)}`
  return `${name} carries ${list(carried)}${others}`
}

/** `tell` is given a sentence when the way to the broker is cut, and when it is back. */
export async function startAirport(options: Options, tell: (what: string) => void): Promise<Airport> {
  const { seed, pace, headless, wire, split, crashes } = options
  let socketUrl = ''
  let announce = (): void => undefined
  const page = await servePage(headless ? 0 : pagePort, () => socketUrl)
  const dir = dataDir(options.data)
  const hub: RunningHub = split
    ? await launchHubChild({
        ...{ pageUrl: page.url, dir, headless, wire },
        outageMs: outageMs / pace,
        changed: () => announce(),
      })
    : await launchHubHere(page.url, dir, headless)
  socketUrl = hub.websocketUrl
  const workers = workerNames(options.baggageWorkers)
  const url = wire === 'tcp' ? hub.tcpUrl : hub.websocketUrl
  const transport = options.url === undefined ? hub.transport : overBroker(options.url, hub.transport)
  const launch = split
    ? launchChild({ url, broker: options.url, seed, pace })
    : launchHere({ transport, seed, pace })
  const mirrored =
    options.url === undefined || headless ? undefined : await mirror(connect(options.url), hub.transport)
  const described = describe(options, mirrored)
  const bus = await createBus({ service: 'control', transport })
  const fleet: Fleet = createFleet(workers, launch, () => announce())
  let away = ''
  const desk = await openDesk(bus, () => `${described}${away}`, fleet, hub.plug)
  announce = desk.announce
  if (mirrored !== undefined) {
    bus.status.on('state', (state, reason = '') => {
      if (state === 'closed') return
      away = state === 'connected' ? '' : ` (${state})`
      tell(reason === '' ? state : `${state}: ${reason}`)
      announce()
    })
  }
  await openLostAndFound(bus)
  for (const name of workers) await fleet.start(name)

  const close = async (): Promise<void> => {
    await fleet.stopAll()
    await mirrored?.close()
    await bus.close()
    await hub.close()
    await page.close()
  }
  const pass = (seconds: number): Promise<void> =>
    new Promise((resolve) => {
      systemClock.after(seconds * 1_000, resolve, { keepAlive: true })
    })
  return {
    pageUrl: page.url,
    hubUrl: hub.tcpUrl,
    wire: described,
    broker: mirrored && divided(mirrored),
    workers,
    plug: hub.plug,
    failed: hub.failed,
    close,
    async finish() {
      const { plug } = hub
      const random = seeded(seed, 'crashes')
      const crashing = plug && crashRuns({ bus, plug, clock: systemClock, random, times: crashes })
      await Promise.all([pass(options.seconds ?? 10), crashing])
      const rested = await comeToRest(bus, workers, systemClock, 60_000)
      const counts = await takeCounts(bus, workers, {
        hubCrashes: crashes,
        isFresh: options.data === undefined,
      })
      await close()
      return rested
        ? counts
        : { ...counts, mismatches: ['the airport did not come to rest', ...counts.mismatches] }
    },
  }
}
