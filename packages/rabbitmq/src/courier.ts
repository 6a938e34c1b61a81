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
import { bufferOf, writeEnvelope } from './envelope.js'
import { expiresHeader } from './parcel.js'
import type { Posting } from './publisher.js'

/** The queue that a dead letter came from and goes back to. */
export const originHeader = 'busbar-queue'

export interface Stamp {
  readonly priority?: number | undefined
  readonly expiresAt?: number | undefined
  readonly attempt?: number
  readonly firstFailure?: Failure | undefined
  readonly delayMs?: number
  /** A retry may be late by a sixteenth; what a user asked for may not. */
  readonly mayBeLate?: boolean
  readonly signal?: AbortSignal
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

  function posting(channel: Channel, message: Message, stamp: Stamp): Posting {
    const { priority, expiresAt, attempt = 1, firstFailure, delayMs = 0, signal } = stamp
    const isCutShort = delayMs > 0 && stepOf(delayMs, stamp.mayBeLate === true) < delayMs
    const envelope = writeEnvelope(channel, message, {
      [attemptHeader]: attempt > 1 ? String(attempt) : undefined,
      [firstFailureHeader]: writeFailure(firstFailure),
      [expiresHeader]: expiresAt?.toString(),
      [dueHeader]: isCutShort ? String(Math.ceil(clock.now() + delayMs)) : undefined,
    })
    return {
      envelope: {
        ...envelope,
        durable: true,
        ...(priority !== undefined && priority > 0 && { priority }),
        // A delay queue would let go of it at that time instead of its own.
        ...(expiresAt !== undefined &&
          delayMs <= 0 && { expiration: String(Math.max(0, Math.ceil(expiresAt - clock.now()))) }),
      },
      body: bufferOf(message),
      mayRepeat: true,
      signal,
    }
  }

  function direct(queue: string, posting: Posting): Promise<void> {
    return publisher
      .post({
        ...posting,
        envelope: { ...posting.envelope, exchange: '', routingKey: queue, mandatory: true },
      })
      .then((posted) => {
        if (posted === 'unrouted') throw queueGone(queue)
      })
  }

  return {
    put(channel, queue, message, stamp = {}) {
      const { delayMs = 0, mayBeLate = false } = stamp
      const sending = posting(channel, message, stamp)
      return delayMs > 0 ? delays.post(queue, sending, delayMs, mayBeLate) : direct(queue, sending)
    },
    bury(channel, queue, message, facts) {
      const envelope = writeEnvelope(channel, message, { ...writeLetter(facts), [originHeader]: queue })
      return direct(names.dead(channel), {
        envelope: { ...envelope, durable: true },
        body: bufferOf(message),
        mayRepeat: true,
      })
    },
  }
}
