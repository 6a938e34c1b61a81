/** Connects a browser page to a hub over the browser's own WebSocket. */

import type { Connect } from 'busbar/transport'
import { type NativeSocket, nativeDial } from './native-link.js'
import { soon } from './soon.js'
import { connectOver, type WebsocketOptions } from './websocket-session.js'

export type { WebsocketOptions } from './websocket-session.js'

/** The same as in Node; see there. */
export function websocket(options: WebsocketOptions): Connect {
  const later = soon()
  return connectOver(options, (url, clock) => nativeDial(url, clock, openNative), {
    defer: later,
    yieldTurn: later,
  })
}
function openNative(url: string): NativeSocket {
  const { WebSocket: Native } = globalThis as unknown as NativeGlobals
  return new Native(url)
}

/** The types of Node know no WebSocket before version 22, and this file must not need those of the DOM. */
interface NativeGlobals {
  readonly WebSocket: new (url: string) => NativeSocket
}
