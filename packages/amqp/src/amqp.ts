/** Connects a service to an AMQP 1.0 broker. */

import { BusError, type Connect, type Host } from 'busbar/transport'
import { capabilitiesOf } from './capabilities.js'
import { createDeadLetterOffice } from './dead-letter-office.js'
import { createAmqpExchanges } from './lanes.js'
import { type Line, openLine } from './line.js'
import { type AmqpOptions, settingsOf } from './options.js'
import { createPublishers } from './publishers.js'
import { createTopology, type Topology } from './topology.js'
import { AmqpTransport } from './transport.js'
import type { Wire } from './wire.js'

/**
 * The wire to ActiveMQ Artemis over AMQP 1.0, for `createBus({ transport: amqp({ url }) })`. Connecting rejects with
 * UNREACHABLE when no broker answers within `connectTimeoutMs` (default 5,000), with AUTH_FAILED when it does not accept
 * the credentials, and with UNSUPPORTED when it is another broker. Later breaks are mended without end until the bus is
 * closed. INVALID_OPTION is thrown at once.
 */
export function amqp(options: AmqpOptions): Connect {
  const settings = settingsOf(options)
  return async (host: Host) => {
    const line = await openLine(host, settings)
    await checkProduct(line)
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

/** What a broker is made of is asked for in its own way, so each needs a dialect of its own. */
async function checkProduct(line: Line): Promise<void> {
  const product = line.wire?.product ?? ''
  if (product.includes('artemis')) return
  await line.close(true)
  const name = product === '' ? 'a broker that does not say what it is' : product
  throw new BusError(
    'UNSUPPORTED',
    `amqp() speaks to ActiveMQ Artemis, not to ${name}; use the adapter of that broker.`,
  )
}
