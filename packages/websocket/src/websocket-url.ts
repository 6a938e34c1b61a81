/** Checks the URL of a hub's WebSocket port. */

import { BusError } from 'busbar/transport'

const defaultPort = 4601

/** The URL to connect to; INVALID_OPTION unless it is ws: or wss: without credentials. */
export function websocketUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'ws:' && url.protocol !== 'wss:')) {
    throw new BusError('INVALID_OPTION', 'The url must look like ws://host:4601 or wss://host.')
  }
  if (url.username !== '' || url.password !== '') {
    throw new BusError('INVALID_OPTION', 'The url must not contain credentials: give them as token.')
  }
  // The parser drops the port 80, so whether one was given is seen in the text only. TLS ends at a proxy, on its port.
  const hasPort = /^[^/]*\/\/[^/?#]*:\d+(?:[/?#]|$)/.test(text.trim())
  if (url.protocol === 'ws:' && !hasPort) url.port = String(defaultPort)
  url.hash = ''
  return url.href
}
