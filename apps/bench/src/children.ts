/** Starts the other processes of a benchmark and talks to them. */

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly process: ChildProcess
  /** The next message it sends; rejects when it ends first. */
  next(): Promise<unknown>
  ask(message: string | number | object): Promise<unknown>
  stop(): void
}

export async function start(
  file: string,
  url = '',
  args: readonly string[] = [],
): Promise<{ readonly child: Child; readonly first: unknown }> {
  const path = fileURLToPath(new URL(`./${file}.js`, import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, path, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, BUSBAR_URL: url, NODE_ENV: 'production' },
  })
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const died = (): void => reject(new Error(`${file} ended in the middle`))
      child.once('exit', died)
      child.once('message', (message: unknown) => {
        child.off('exit', died)
        resolve(message)
      })
    })
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
      stop: () => {
        if (child.connected) child.disconnect()
      },
    },
  }
}
