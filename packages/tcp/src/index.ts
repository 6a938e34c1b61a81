/** Connects a Busbar service to a hub over TCP. */

import { createSession, type SessionLimits } from '@busbar/protocol'
import { BusError, type Connect } from 'busbar/transport'
import { type TcpAddress, tcpDial } from './tcp-link.js'

const defaultPort = 4600

export interface TcpOptions extends SessionLimits {
  /** `tcp://host:port`; the port defaults to 4600. It must not contain credentials. */
  readonly url: string
  /** Shown to the hub after the connection is made; never logged. */
  readonly token?: string
}

/**
 * The wire to a hub over TCP, for `createBus({ transport: tcp({ url }) })`. Connecting rejects with UNREACHABLE when
 * no hub answers within `connectTimeoutMs` (default 5,000), with AUTH_FAILED, SERVER_FULL or VERSION_UNSUPPORTED when
 * the hub refuses. Later breaks are mended without end until the bus is closed. INVALID_OPTION is thrown at once.
 */
export function tcp(options: TcpOptions): Connect {
  const { token, ...rest } = options
  const address = addressOf(options.url)
  return (host) =>
    createSession(host, {
      ...rest,
      name: 'tcp',
      token,
      dial: tcpDial(address),
      // After the promises that this turn settles, whose frames then leave in the same write.
      defer: (fn) => process.nextTick(fn),
      yieldTurn: (fn) => void setImmediate(fn),
    })
}

function addressOf(text: string): TcpAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'tcp:' || url.hostname === '') {
    throw new BusError('INVALID_OPTION', `The url must look like tcp://host:4600.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new BusError('INVALID_OPTION', 'The url must not contain credentials: give them as token.')
  }
  // Brackets belong to the URL, not to the address.
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPort : Number(url.port),
  }
}
