/** Connects a Busbar service to a hub over WebSocket. Browsers get `browser.ts` instead. */

import type { Connect } from 'busbar/transport'
import { nodeDial } from './node-link.js'
import { connectOver, type WebsocketOptions } from './websocket-session.js'

export type { WebsocketOptions } from './websocket-session.js'

/**
 * The wire to a hub over WebSocket, for `createBus({ transport: websocket({ url }) })`. Connecting rejects with
 * UNREACHABLE when no hub answers within `connectTimeoutMs` (default 5,000), with AUTH_FAILED, SERVER_FULL or
 * VERSION_UNSUPPORTED when the hub refuses. Later breaks are mended without end until the bus is closed.
 * INVALID_OPTION is thrown at once.
 */
export function websocket(options: WebsocketOptions): Connect {
  return connectOver(options, nodeDial, {
    // After the promises that this turn settles, whose frames then leave in the same message.
    defer: (fn) => process.nextTick(fn),
    yieldTurn: (fn) => void setImmediate(fn),
  })
}
