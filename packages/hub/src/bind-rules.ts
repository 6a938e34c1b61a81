/** Where a hub may listen: on this machine freely, beyond it only with authentication. */

import { isIP } from 'node:net'
import { BusError } from 'busbar/transport'
import type { Settings } from './options.js'

/** True only for what cannot be reached from another machine; a host name other than localhost might be. */
function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === 'localhost' || host === '::1'
}

/** INSECURE_BIND for an open port without authentication; one warning for one without encryption. */
export function checkBinds(settings: Settings): void {
  const { authenticate, insecure, log } = settings
  for (const [wire, listener] of [
    ['tcp', settings.tcp],
    ['websocket', settings.websocket],
  ] as const) {
    if (listener === undefined || isLoopback(listener.host)) continue
    if (authenticate === undefined && !insecure) {
      throw new BusError(
        'INSECURE_BIND',
        `${wire}.host ${listener.host} is reachable from other machines and auth is not set.`,
      )
    }
    log('warn', authenticate === undefined ? 'listening-without-authentication' : 'listening-without-tls', {
      wire,
      host: listener.host,
    })
  }
}
