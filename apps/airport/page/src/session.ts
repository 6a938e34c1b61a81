/** Keeps the page on the bus: asks where the hub is, connects, opens every panel, and starts over when it is lost. */

import { type Bus, type BusMiddleware, type Clock, isBusError } from 'busbar'
import type { PageState } from './page.js'

export interface SessionOptions {
  readonly clock: Clock
  /** Where the hub listens. */
  locate(): Promise<string>
  connect(hub: string, middleware: readonly BusMiddleware[]): Promise<Bus>
}

const tryAgainMs = 1_500

/** Never ends: a page is on the bus as long as it is open. */
export async function keepConnected(page: PageState, options: SessionOptions): Promise<never> {
  const { clock, locate, connect } = options
  for (;;) {
    const ended = new AbortController()
    try {
      const hub = await locate()
      page.connection.aimAt(hub)
      const bus = await connect(hub, [page.connection.meter])
      const lost = page.connection.follow(bus, ended.signal)
      await Promise.all(page.listening.map((panel) => panel.open(bus, ended.signal)))
      await lost
      await bus.close()
    } catch (error) {
      page.connection.failed(isBusError(error) ? error.message : String(error))
    }
    ended.abort()
    await new Promise<void>((resolve) => clock.after(tryAgainMs, resolve))
  }
}
