/** The services of the airport by name. A worker `baggage-2` is an instance of the service `baggage`. */

import { setMaxListeners } from 'node:events'
import { airlines } from '@airport/airlines'
import { baggage } from '@airport/baggage'
import { board } from '@airport/board'
import type { Service } from '@airport/contracts'
import { gates } from '@airport/gates'
import { hotline } from '@airport/hotline'
import { radar } from '@airport/radar'
import { tower } from '@airport/tower'
import { type BusMiddleware, type Connect, createBus } from 'busbar'
import { makeWorld } from './worlds.js'

const services: ReadonlyMap<string, Service> = new Map([
  ['hotline', hotline],
  ['gates', gates],
  ['board', board],
  ['radar', radar],
  ['baggage', baggage],
  ['tower', tower],
  ['airlines', airlines],
])

/** Names of all workers, in the order in which they start: those who serve before those who ask. */
export function workerNames(baggageWorkers: number): readonly string[] {
  return [...services.keys()].flatMap((service) =>
    service === 'baggage' ? Array.from({ length: baggageWorkers }, (_, i) => `baggage-${i + 1}`) : [service],
  )
}

/** `baggage` for `baggage-2`. */
export const serviceOf = (worker: string): string => worker.replace(/-\d+$/, '')

/** What a worker is started with. */
export interface WorkerOptions {
  readonly transport: Connect
  readonly seed: number
  readonly pace: number
}

/** Starts one worker on its own bus; the returned function stops it, waiting at most `drainTimeoutMs`. */
export async function runWorker(name: string, options: WorkerOptions): Promise<() => Promise<void>> {
  const service = services.get(serviceOf(name))
  if (service === undefined) throw new TypeError(`The airport has no service "${serviceOf(name)}".`)
  const stopping = new AbortController()
  // Each plane that is waited for listens; that is no leak.
  setMaxListeners(0, stopping.signal)
  const { world, middleware } = makeWorld(name, options.seed, options.pace, stopping.signal)
  const bus = await createBus({
    service: serviceOf(name),
    transport: options.transport,
    middleware: [middleware] satisfies BusMiddleware[],
    drainTimeoutMs: 1_000,
  })
  await service(bus, world)
  return async () => {
    stopping.abort()
    await bus.close()
  }
}
