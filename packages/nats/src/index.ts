/** Busbar on NATS: core NATS for what is forgotten, JetStream for what is kept. */

import type { Connect } from 'busbar/transport'
import { createLink } from './link.js'
import { type NatsOptions, settle } from './options.js'
import { createTransport } from './transport.js'

export { describePlan, type Provision, type Resource } from '@busbar/adapter'
export type { NatsOptions } from './options.js'
export { plan } from './plan.js'

/**
 * The wire to NATS, for `createBus({ transport: nats({ url }) })`. Connecting rejects with UNREACHABLE when no server
 * answers within `connectTimeoutMs` (default 5,000) and with AUTH_FAILED when it refuses the credentials. Later breaks
 * are mended without end until the bus is closed. INVALID_OPTION is thrown at once.
 */
export function nats(options: NatsOptions): Connect {
  const settings = settle(options)
  return async (host) => createTransport(await createLink(host, settings), host, settings)
}
