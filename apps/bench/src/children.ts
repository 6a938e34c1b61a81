/** Starts the other processes of a benchmark and talks to them. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly process: ChildProcess
  /** The next message it sends. */
  next(): Promise<unknown>
  ask(message: string | number): Promise<unknown>
  stop(): void
}

export async function start(
  file: string,
  url = '',
): Promise<{ readonly child: Child; readonly first: unknown }> {
  const path = fileURLToPath(new URL(`./${file}.js`, import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, path], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, BUSBAR_URL: url, NODE_ENV: 'production' },
  })
  const next = async (): Promise<unknown> => (await once(child, 'message'))[0]
  const first = await next()
  return {
    first,
    child: {
      process: child,
      next,
      ask(message) {
        const answer = next()
        child.send(message)
        return answer
      },
      // Each ends by itself when it is alone, in order, so that it can be profiled.
      stop: () => child.disconnect(),
    },
  }
}
