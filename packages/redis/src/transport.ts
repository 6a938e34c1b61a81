/** The methods of the seam over the parts of one link. */

import type { Exchanges } from '@busbar/adapter'
import { BusError, type Capabilities, type PublishRequest, type Transport } from 'busbar/transport'
import { cancelled, closed } from './failures.js'
import type { RedisLanes } from './lanes.js'
import type { Link } from './link.js'
import { manage } from './manage.js'
import type { Outbox } from './outbox.js'
import { PlainListener } from './plain.js'
import { declareChannel } from './plan.js'
import { Reader } from './reader.js'
import { Worker } from './worker.js'

export interface Parts {
  readonly link: Link
  readonly outbox: Outbox
  readonly lanes: RedisLanes
  readonly exchanges: Exchanges
  readonly capabilities: Capabilities
  readonly isDurable: boolean
}

export function createTransport(parts: Parts): Transport {
  const { link, outbox, exchanges, capabilities, isDurable } = parts
  const { maxMessageBytes } = capabilities.limits
  let closing: Promise<void> | undefined

  const assertOpen = (what: string, signal: AbortSignal): void => {
    if (closing !== undefined) throw closed()
    if (signal.aborted) throw cancelled(what, 'rejected', signal)
  }

  async function end(signal: AbortSignal): Promise<void> {
    const abandon = (): void => {
      for (const tenant of [...link.tenants]) leaving.push(Promise.resolve(tenant.abandon('CLOSED')))
    }
    const leaving: Promise<void>[] = []
    const drain = async (): Promise<void> => {
      const consumers = [...link.tenants].map(({ consumer }) => consumer.close())
      await Promise.allSettled([outbox.drained(), exchanges.close(signal), ...consumers])
    }
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([drain(), aborted])
    abandon()
    // A server that does not answer any more is not waited for.
    const patience = new Promise<void>((resolve) => void link.host.clock.after(farewellMs, resolve))
    await Promise.race([Promise.allSettled([...leaving, exchanges.close(AbortSignal.abort())]), patience])
    outbox.failAll(closed())
    link.connection.close()
  }

  return {
    name: 'redis',
    capabilities,

    async declare(channel, signal) {
      assertOpen('A declaration', signal)
      await declareChannel(link, channel, isDurable)
    },

    publish(request, signal) {
      try {
        assertOpen('A publish', signal)
        refuseTooLarge(request, maxMessageBytes)
        return outbox.publish(request, signal)
      } catch (error) {
        return Promise.reject(error)
      }
    },

    async consume(request, deliver, signal) {
      assertOpen('A subscription', signal)
      const { kind, guarantees } = request.channel
      if (kind === 'event' && !guarantees.tracked) {
        return (await PlainListener.open(link, request, deliver)).consumer
      }
      if (kind === 'stream' && request.group === undefined) {
        return (await Reader.open(link, request, deliver)).consumer
      }
      return (await Worker.open(link, request, deliver)).consumer
    },

    open: (request, peer, signal) => exchanges.open(request, peer, signal),

    async accept(request, accept, signal) {
      assertOpen('An offer to serve', signal)
      return exchanges.accept(request, accept, signal)
    },

    async manage(channel, command, signal) {
      assertOpen('A command', signal)
      return manage(link, channel, command)
    },

    close(signal) {
      closing ??= end(signal)
      return closing
    },
  }
}

const farewellMs = 1_000

/** The size of a body is an upper bound: only what might be too large is encoded to know. */
function refuseTooLarge({ channel, message }: PublishRequest, most: number): void {
  if (message.body.size <= most) return
  const bytes = message.body.bytes().byteLength
  if (bytes <= most) return
  throw new BusError(
    'TOO_LARGE',
    `A message on "${channel.name}" has ${bytes} bytes; Redis is given ${most}.`,
    {
      outcome: 'rejected',
    },
  )
}
