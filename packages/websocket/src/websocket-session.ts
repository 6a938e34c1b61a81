/** What both builds of this package share: options and the session over whichever link. */

import { createSession, type Dial, type SessionLimits, type SessionOptions } from '@busbar/protocol'
import type { Clock, Connect } from 'busbar/transport'
import { websocketUrl } from './websocket-url.js'

export interface WebsocketOptions extends SessionLimits {
  /** `ws://host:port` (the port defaults to 4601) or `wss://host`. It must not contain credentials. */
  readonly url: string
  /** Shown to the hub after the connection is made; never logged. */
  readonly token?: string
}

export function connectOver(
  options: WebsocketOptions,
  dial: (url: string, clock: Clock) => Dial,
  turns: Pick<SessionOptions, 'defer' | 'yieldTurn'> = {},
): Connect {
  const { token, ...rest } = options
  const url = websocketUrl(options.url)
  return (host) =>
    createSession(host, { ...rest, ...turns, url, name: 'websocket', token, dial: dial(url, host.clock) })
}
