/** The workers that run: started and stopped by name, all in this process or one process each. */

import type { Worker } from '@airport/contracts'
import { serviceOf } from './services.js'

/** One running worker. */
export interface Running {
  readonly pid: number | undefined
  /** Stops it as a crash would: at once, whatever it is doing. */
  kill(): Promise<void>
  /** Stops it as a deployment would: what runs is finished. */
  stop(): Promise<void>
}

/** Starts a worker; `ended` is called if it ends by itself. */
export type Launch = (name: string, ended: () => void) => Promise<Running>

export interface Fleet {
  readonly workers: readonly Worker[]
  has(name: string): boolean
  start(name: string): Promise<void>
  kill(name: string): Promise<void>
  stopAll(): Promise<void>
}

/** `changed` is called after each start and stop. */
export function createFleet(names: readonly string[], launch: Launch, changed: () => void): Fleet {
  const running = new Map<string, Running>()
  const starting = new Map<string, Promise<void>>()

  const start = async (name: string): Promise<void> => {
    const worker = await launch(name, () => {
      running.delete(name)
      changed()
    })
    running.set(name, worker)
    changed()
  }

  return {
    get workers() {
      return names.map((name) => {
        const worker = running.get(name)
        const pid = worker?.pid
        return {
          name,
          service: serviceOf(name),
          running: worker !== undefined,
          ...(pid === undefined ? {} : { pid }),
        }
      })
    },
    has: (name) => names.includes(name),
    async start(name) {
      if (running.has(name)) return
      // Two visitors may press the same button.
      const pending = starting.get(name) ?? start(name).finally(() => starting.delete(name))
      starting.set(name, pending)
      await pending
    },
    async kill(name) {
      const worker = running.get(name)
      running.delete(name)
      await worker?.kill()
      changed()
    },
    async stopAll() {
      const all = [...running.values()].reverse()
      running.clear()
      await Promise.all(all.map((worker) => worker.stop()))
    },
  }
}
