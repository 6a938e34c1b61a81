/** The factory that users call. */

import type { Connect } from 'busbar/transport'
import { openLink } from './link.js'
import { type RabbitmqOptions, settingsOf } from './options.js'
import { createTransport } from './transport.js'

/**
 * The wire to RabbitMQ, for `createBus({ transport: rabbitmq({ url }) })`. Connecting rejects with UNREACHABLE when no
 * broker answers within `connectTimeoutMs`, with AUTH_FAILED or PERMISSION_DENIED when it refuses. Later breaks are
 * mended without end until the bus is closed. INVALID_OPTION is thrown at once.
 */
export function rabbitmq(options: RabbitmqOptions): Connect {
  const settings = settingsOf(options)
  return async (host) => {
    const link = await openLink(host, settings)
    return createTransport(host, settings, link)
  }
}
