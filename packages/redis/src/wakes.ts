/** When to look again: the server says that something came, or time does. */

import type { Channel, Timer } from 'busbar/transport'
import type { Link } from './link.js'

export interface Wakes {
  /** Looks again after `ms` at the latest. */
  set(ms: number): void
  stop(): Promise<void>
}

/** Effective when it resolves. `onWake` is told what woke: a line, `*` for any, `!` for a purge, undefined for time. */
export async function createWakes(
  link: Link,
  channel: Channel,
  onWake: (what: string | undefined) => void,
): Promise<Wakes> {
  const base = link.base(channel)
  const database = Number(new URL(link.settings.url).pathname.slice(1)) || 0
  // Servers that notify of keys tell at once what others add; on the rest a look from time to time finds it.
  const foreign = `__keyspace@${database}__:${base}`
  let timer: Timer | undefined
  let isStopped = false
  const hear = (data: Buffer): void => onWake(data.toString())
  const hearForeign = (): void => onWake('*')
  const { connection } = link
  await connection.subscribe(`${base}:wake`, hear)
  await connection.subscribe(foreign, hearForeign).catch(() => undefined)
  return {
    set(ms) {
      timer?.cancel()
      if (isStopped) return
      timer = link.host.clock.after(Math.min(ms, link.settings.lookMs), () => onWake(undefined))
    },
    async stop() {
      isStopped = true
      timer?.cancel()
      await Promise.all([
        connection.unsubscribe(`${base}:wake`, hear),
        connection.unsubscribe(foreign, hearForeign),
      ])
    },
  }
}
