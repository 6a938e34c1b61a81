/** The hub as a contestant's server: a child process, with a store in its own directory if one is given. */

import { once } from 'node:events'
import { start } from './children.js'
import type { Server } from './server-process.js'

/** Gives the reason as text when the hub cannot be started like that. */
export async function durableHub(dir?: string): Promise<Server | string> {
  const { child, first } = await start('durable-hub-process', '', dir === undefined ? [] : [dir])
  // What that process sends.
  const { url, refused } = first as { readonly url?: string; readonly refused?: string }
  if (url === undefined || child.process.pid === undefined) {
    child.stop()
    return refused ?? 'it did not start'
  }
  return {
    url,
    pid: child.process.pid,
    async stop() {
      const gone = once(child.process, 'exit')
      child.stop()
      await gone
    },
  }
}
