/** Runs workers inside this process, each with its own bus on the memory of the hub. */

import type { Connect } from 'busbar'
import type { Launch } from './fleet.js'
import { runWorker, type WorkerOptions } from './services.js'

/** Nothing can be killed inside one process: a kill closes the bus of the worker, which gives its work back. */
export function launchHere(
  options: Omit<WorkerOptions, 'transport'> & { readonly transport: Connect },
): Launch {
  return async (name) => {
    const stop = await runWorker(name, options)
    return { pid: undefined, kill: stop, stop }
  }
}
