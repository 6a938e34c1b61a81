/** Delays without a plugin: queues whose messages expire back to where they belong. */

import type { BusError } from 'busbar/transport'
import type { Names } from './names.js'
import type { Posting, Publisher } from './publisher.js'
import type { Wire } from './wire.js'

const delayHeader = 'busbar-delay'
/** Wall time in ms before which a message is not to be handed out. */
export const dueHeader = 'busbar-due'
export const maxDelayMs = 30 * 24 * 3_600_000

/** A delay queue that nobody used for its delay and this time is removed by the broker. */
const spareMs = 600_000
/** Well before that it is declared again, which begins its time anew. */
const freshMs = 60_000
/** What a message may be late by, so that delays of nearly the same length share a queue. */
const graceMs = 16

/**
 * The length of the queue for a delay: one of 16 in each octave. The next longer one if that is nearly right, else the
 * next shorter one, whose consumer puts the message off for the rest.
 */
export function stepOf(delayMs: number, mayBeLate: boolean): number {
  const delay = Math.max(1, Math.ceil(delayMs))
  const step = 2 ** Math.max(2, Math.floor(Math.log2(delay)) - 4)
  const longer = Math.ceil(delay / step) * step
  return mayBeLate || longer - delay <= graceMs ? longer : longer - step
}

/** Whether what is left of a delay is worth another wait. */
export const isEarly = (leftMs: number): boolean => leftMs > graceMs

export interface Delays {
  /** Has a message delivered to a queue after `delayMs`; resolves when the broker has it. */
  post(queue: string, posting: Posting, delayMs: number, mayBeLate: boolean): Promise<void>
}

export function createDelays(
  wire: Wire,
  names: Names,
  publisher: Publisher,
  now: () => number,
  gone: (queue: string) => BusError,
): Delays {
  const declared = new Map<number, { readonly at: number; readonly ready: Promise<void> }>()

  async function declare(ms: number): Promise<void> {
    await wire.use(async (channel) => {
      const queue = names.delayQueue(ms)
      await channel.exchangeDeclare({ exchange: names.delayExchange, type: 'headers', durable: true })
      await channel.queueDeclare({
        queue,
        durable: true,
        arguments: {
          'x-queue-type': 'quorum',
          'x-message-ttl': ms,
          'x-expires': ms + spareMs,
          // Expired messages leave this queue only when the next one has them.
          'x-dead-letter-strategy': 'at-least-once',
          'x-overflow': 'reject-publish',
          // The routing key of the message stays, and names the queue it is for.
          'x-dead-letter-exchange': '',
        },
      })
      const args = { 'x-match': 'all', [delayHeader]: String(ms) }
      await channel.queueBind({ queue, exchange: names.delayExchange, routingKey: '', arguments: args })
    })
  }

  function ensure(ms: number): Promise<void> {
    const known = declared.get(ms)
    if (known !== undefined && now() - known.at < freshMs) return known.ready
    const fresh = { at: now(), ready: declare(ms) }
    declared.set(ms, fresh)
    fresh.ready.catch(() => declared.delete(ms))
    return fresh.ready
  }

  return {
    async post(queue, { envelope, ...rest }, delayMs, mayBeLate) {
      const ms = stepOf(delayMs, mayBeLate)
      await ensure(ms)
      envelope.headers[delayHeader] = String(ms)
      const posted = await publisher.post({
        ...rest,
        envelope: { ...envelope, exchange: names.delayExchange, routingKey: queue, mandatory: true },
      })
      if (posted === 'unrouted') {
        declared.delete(ms)
        throw gone(names.delayQueue(ms))
      }
    },
  }
}
