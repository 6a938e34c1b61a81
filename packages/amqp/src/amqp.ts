/** Connects a service to an AMQP 1.0 broker. */

import type { Connect, Host } from 'busbar/transport'
import { capabilitiesOf } from './capabilities.js'
import { createDeadLetterOffice } from './dead-letter-office.js'
import { createAmqpExchanges } from './lanes.js'
import { openLine } from './line.js'
import { type AmqpOptions, settingsOf } from './options.js'
import { createPublishers } from './publishers.js'
import { createTopology, type Topology } from './topology.js'
import { AmqpTransport } from './transport.js'
import type { Wire } from './wire.js'

/**
 * The wire to ActiveMQ Artemis over AMQP 1.0, for `createBus({ transport: amqp({ url }) })`. Connecting rejects with
 * UNREACHABLE when no broker answers within `connectTimeoutMs` (default 5,000) and with AUTH_FAILED when it does not
 * accept the credentials. Later breaks are mended without end until the bus is closed. INVALID_OPTION is thrown at once.
 */
export function amqp(options: AmqpOptions): Connect {
  const settings = settingsOf(options)
  return async (host: Host) => {
    const line = await openLine(host, settings)
    const topology = createTopology(line, settings)
    const publishers = createPublishers(host, line, settings)
    line.move(publishers)
    const { managementOn } = topology
    return new AmqpTransport({
      ...{ host, line, settings, topology, publishers },
      exchanges: createAmqpExchanges({ host, line, settings, publishers, managementOn }),
      office: createDeadLetterOffice(host, line, settings, publishers),
      capabilities: capabilitiesOf(settings.maxMessageBytes, await writesToDisk(topology, line.wire)),
    })
  }
}

const questions = ['persistenceEnabled', 'journalSyncNonTransactional', 'journalSyncTransactional']

/** Nothing is taken for granted: a broker that may not be asked is one that does not. */
async function writesToDisk(topology: Topology, wire: Wire | undefined): Promise<boolean> {
  if (wire === undefined) return false
  try {
    const management = await topology.managementOn(wire)
    const answers = await Promise.all(questions.map((name) => management.attribute('broker', name)))
    return answers.every((answer) => answer === true)
  } catch {
    return false
  }
}
