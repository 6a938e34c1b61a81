/** The wire to a Redis server. */

import { randomUUID } from 'node:crypto'
import { createExchanges, unpackFrame } from '@busbar/adapter'
import type { BusError, Connect, Host } from 'busbar/transport'
import { capabilitiesOf } from './capabilities.js'
import { type Connection, connect } from './connection.js'
import { asksDurable } from './durability.js'
import { createLanes } from './lanes.js'
import { Link } from './link.js'
import { linkName } from './names.js'
import { type RedisOptions, type Settings, settingsOf } from './options.js'
import { Outbox } from './outbox.js'
import { routeOf } from './routes.js'
import { createTransport, type Parts } from './transport.js'

/**
 * The wire to a Redis server, for `createBus({ transport: redis({ url }) })`. Connecting rejects with UNREACHABLE when
 * none answers within `connectTimeoutMs` (default 5,000), with AUTH_FAILED or PERMISSION_DENIED when it refuses. Later
 * breaks are mended until the bus is closed. INVALID_OPTION is thrown at once.
 */
export function redis(options: RedisOptions): Connect {
  const settings = settingsOf(options)
  return (host) => openTransport(host, settings)
}

async function openTransport(host: Host, settings: Settings) {
  let parts: Parts | undefined
  const connection: Connection = await connect(host, settings, {
    onCut: () => parts?.exchanges.onCut(),
    onBack: async (isOther) => {
      if (parts === undefined) return
      await Promise.allSettled([...parts.link.tenants].map((tenant) => tenant.onBack(isOther)))
      await parts.lanes.onBack()
      // What was on its way through the server is gone with it; both sides hear so.
      if (isOther) parts.exchanges.onDown({ code: 'PAIR_RESET', message: 'Redis was started anew.' })
      parts.exchanges.onBack()
    },
    onLost(reason: BusError) {
      if (parts === undefined) return
      parts.outbox.failAll(reason)
      for (const tenant of [...parts.link.tenants]) void tenant.abandon('DISCONNECTED')
      parts.exchanges.onDown({ code: 'DISCONNECTED', message: reason.message })
    },
  })
  try {
    // Whoever knows the name can speak to the link, so it must not be guessed; `host.random` is not made for secrets.
    const link = new Link(host, settings, connection, linkName(settings.prefix, randomUUID()))
    await connection.subscribe(link.name, (data) => link.onMessage(data))
    const isDurable = settings.durable ?? (await asksDurable(connection))
    const lanes = createLanes(link)
    const exchanges = createExchanges(host, lanes)
    link.listen(0, (data) => exchanges.onFrame(unpackFrame(data)))
    parts = {
      ...{ link, lanes, exchanges, isDurable },
      outbox: new Outbox(settings, (channel) => routeOf(link, channel, isDurable)),
      capabilities: capabilitiesOf(isDurable),
    }
    return createTransport(parts)
  } catch (error) {
    connection.close()
    throw error
  }
}
