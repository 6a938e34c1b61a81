/** Runs each worker in a child process that connects to the hub by URL. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Launch } from './fleet.js'

const program = fileURLToPath(new URL('./worker.js', import.meta.url))

export interface ChildOptions {
  readonly url: string
  /** Carries what it can, if there is one. */
  readonly broker: string | undefined
  readonly seed: number
  readonly pace: number
}

const exited = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Resolves once the child says that its handlers are in place. */
export function launchChild(options: ChildOptions): Launch {
  return async (name, ended) => {
    const child = spawn(process.execPath, ['--enable-source-maps', program, name], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        BUSBAR_URL: options.url,
        ...(options.broker !== undefined && { AIRPORT_BROKER: options.broker }),
        AIRPORT_SEED: String(options.seed),
        AIRPORT_PACE: String(options.pace),
      },
    })
    const failed = once(child, 'exit').then(() => {
      throw new Error(`${name} ended before it was ready.`)
    })
    await Promise.race([once(child, 'message'), failed])
    failed.catch(() => undefined)
    child.once('exit', ended)
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      child.off('exit', ended)
      child.kill(signal)
      await exited(child)
    }
    return { pid: child.pid, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
  }
}
