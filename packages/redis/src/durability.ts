/** Whether a server has on disk what it has answered, by its own settings. */

import type { Connection } from './connection.js'
import { type Reply, textIn } from './replies.js'

const wanted = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' } as const

/** False where CONFIG GET is not allowed. */
export async function asksDurable(connection: Connection): Promise<boolean> {
  try {
    for (const [name, value] of Object.entries(wanted)) {
      if (settingOf(await connection.command(['CONFIG', 'GET', name]), name) !== value) return false
    }
    return true
  } catch {
    return false
  }
}

/** A map in the newer protocol, a flat list in the older. */
function settingOf(reply: Reply, name: string): string | undefined {
  if (Array.isArray(reply)) return reply[1] === undefined ? undefined : textIn(reply[1])
  if (typeof reply !== 'object' || reply === null || Buffer.isBuffer(reply)) return undefined
  const value = Object.entries(reply).find(([key]) => key === name)?.[1]
  return value === undefined ? undefined : textIn(value)
}
