/** Puts messages into queues: first sends, tries to come, dead letters. */

import {
  attemptHeader,
  firstFailureHeader,
  type LetterFacts,
  writeFailure,
  writeLetter,
} from '@busbar/adapter'
import { BusError, type Channel, type Failure, type Message } from 'busbar/transport'
import type { Context } from './context.js'
import { dueHeader, stepOf } from './delays.js'
import { writeEnvelope } from './envelope.js'
import { expiresHeader } from './parcel.js'
import type { Posting } from './publisher.js'

/** The queue that a dead letter came from and goes back to. */
export const originHeader = 'busbar-queue'

export interface Stamp {
  readonly priority?: number | undefined
  readonly expiresAt?: number | undefined
  readonly attempt?: number
  readonly firstFailure?: Failure | undefined
  readonly delayMs?: number | undefined
  /** A retry may be late by a sixteenth; what a user asked for may not. */
  readonly mayBeLate?: boolean
  readonly signal?: AbortSignal | undefined
}

export interface Courier {
  /** Rejects with NOT_FOUND when the queue is gone; resolves when the broker has the message. */
  put(channel: Channel, queue: string, message: Message, stamp?: Stamp): Promise<void>
  bury(channel: Channel, queue: string, message: Message, facts: LetterFacts): Promise<void>
}

export const queueGone = (queue: string): BusError =>
  new BusError('NOT_FOUND', `The queue ${queue} does not exist at RabbitMQ any more.`, {
    outcome: 'rejected',
  })

export function createCourier({ host, names, publisher, delays }: Context): Courier {
  const { clock } = host

  function posting(channel: Channel, queue: string, message: Message, signal?: AbortSignal): Posting {
    const route = { exchange: '', routingKey: queue, durable: true, mandatory: true }
    return {
      envelope: writeEnvelope(channel, message, route),
      body: message.body.bytes(),
      mayRepeat: true,
      signal,
    }
  }

  function mark({ envelope }: Posting, stamp: Stamp): void {
    const { priority = 0, expiresAt, attempt = 1, delayMs = 0 } = stamp
    const { headers } = envelope
    if (attempt > 1) headers[attemptHeader] = String(attempt)
    const firstFailure = writeFailure(stamp.firstFailure)
    if (firstFailure !== undefined) headers[firstFailureHeader] = firstFailure
    if (priority > 0) envelope.priority = priority
    if (delayMs > 0 && stepOf(delayMs, stamp.mayBeLate === true) < delayMs) {
      headers[dueHeader] = String(Math.ceil(clock.now() + delayMs))
    }
    if (expiresAt === undefined) return
    headers[expiresHeader] = expiresAt.toString()
    // A delay queue would let go of it at that time instead of its own.
    if (delayMs <= 0) envelope.expiration = String(Math.max(0, Math.ceil(expiresAt - clock.now())))
  }

  async function direct(queue: string, sending: Posting): Promise<void> {
    if ((await publisher.post(sending)) === 'unrouted') throw queueGone(queue)
  }

  return {
    put(channel, queue, message, stamp = {}) {
      const { delayMs = 0, mayBeLate = false } = stamp
      const sending = posting(channel, queue, message, stamp.signal)
      mark(sending, stamp)
      return delayMs > 0 ? delays.post(queue, sending, delayMs, mayBeLate) : direct(queue, sending)
    },
    bury(channel, queue, message, facts) {
      const dead = names.dead(channel)
      const sending = posting(channel, dead, message)
      Object.assign(sending.envelope.headers, writeLetter(facts), { [originHeader]: queue })
      return direct(dead, sending)
    },
  }
}
