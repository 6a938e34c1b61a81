/** The methods of the seam over the parts of one link. */

import type { Exchanges } from '@busbar/adapter'
import { BusError, type Channel, type PublishRequest, type Receipt, type Transport } from 'busbar/transport'
import { capabilities, maxMessageBytes } from './capabilities.js'
import { cancelled, closed, unsupported } from './failures.js'
import type { Feed } from './feed.js'
import type { Keeper } from './keeper.js'
import type { Link } from './link.js'
import { Listener } from './listener.js'
import type { Membership } from './membership.js'

export interface Parts {
  readonly link: Link
  readonly membership: Membership
  readonly exchanges: Exchanges
  readonly feed: Feed
  readonly keeper: Keeper | undefined
}

/** How long a link that closes waits for others who do not answer, in ms. */
const farewellMs = 1_000

export function createTransport({ link, membership, exchanges, feed, keeper }: Parts): Transport {
  const listeners = new Set<Listener>()
  let closing: Promise<void> | undefined

  const assertOpen = (what: string, signal: AbortSignal): void => {
    if (closing !== undefined) throw closed()
    if (signal.aborted) throw cancelled(what, signal)
  }

  async function end(signal: AbortSignal): Promise<void> {
    const drained = Promise.allSettled([
      exchanges.close(signal),
      ...[...listeners].map(({ consumer }) => consumer.close()),
    ])
    await Promise.race([drained, aborted(signal)])
    for (const listener of [...listeners]) listener.abandon()
    const goodbye = async (): Promise<void> => {
      await exchanges.close(AbortSignal.abort())
      await link.idle()
      await membership.leave()
    }
    let patience: { cancel(): void } | undefined
    const enough = new Promise<void>((resolve) => {
      patience = link.host.clock.after(farewellMs, resolve, { keepAlive: true })
    })
    await Promise.race([goodbye().catch(() => undefined), enough])
    patience?.cancel()
    await Promise.all([membership.close(), link.close(), feed.close()])
    await keeper?.close()
  }

  return {
    name: 'zeromq',
    capabilities,

    async declare(channel, signal) {
      assertOpen('A declaration', signal)
      refuseKept(channel)
      await membership.declare(channel.name, channel.kind)
      feed.declare(channel)
    },

    publish(request, signal) {
      try {
        assertOpen('A publish', signal)
        refuseKept(request.channel)
        refuseTooLarge(request)
        const receipt: Receipt = { id: request.message.id, level: 'sent' }
        const sent = link.publish(request)
        feed.publish(request)
        return sent === undefined ? receipt : sent.then(() => receipt)
      } catch (error) {
        return Promise.reject(error)
      }
    },

    async consume(request, deliver, signal) {
      assertOpen('A subscription', signal)
      refuseKept(request.channel)
      return (await Listener.open(link, membership, listeners, request, deliver)).consumer
    },

    open: (request, peer, signal) => exchanges.open(request, peer, signal),

    async accept(request, accept, signal) {
      assertOpen('An offer to serve', signal)
      return exchanges.accept(request, accept, signal)
    },

    async manage(_channel, command, signal) {
      assertOpen('A command', signal)
      throw unsupported(`answer to "${command.op}"`)
    },

    close(signal) {
      closing ??= end(signal)
      return closing
    },
  }
}

function refuseKept({ kind, guarantees }: Channel): void {
  if (kind === 'queue' || kind === 'stream') throw unsupported(`${kind}s`)
  if (kind === 'event' && guarantees.tracked) throw unsupported('events that are tried again')
}

/** The size of a body is an upper bound: only what might be too large is encoded to know. */
function refuseTooLarge({ channel, message }: PublishRequest): void {
  if (message.body.size <= maxMessageBytes) return
  const bytes = message.body.bytes().byteLength
  if (bytes <= maxMessageBytes) return
  throw new BusError(
    'TOO_LARGE',
    `A message on "${channel.name}" has ${bytes} bytes; ZeroMQ is given ${maxMessageBytes}.`,
    { outcome: 'rejected' },
  )
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
