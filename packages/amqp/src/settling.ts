/** Carries out outcomes at the broker: nothing is settled before what follows from it is safe. */

import { attemptHeader, firstFailureHeader, readFailure, writeFailure } from '@busbar/adapter'
import type { Channel, DeadReason, Failure, Host, MaybePromise, Outcome } from 'busbar/transport'
import type { Delivery } from 'rhea'
import type { DeadLetterOffice } from './dead-letter-office.js'
import { type Incoming, toAmqp } from './messages.js'
import { qualified } from './names.js'
import type { Publishers } from './publishers.js'

/** A message of a queue in this process. */
export interface Held {
  readonly delivery: Delivery
  readonly incoming: Incoming
  /** Of the delivery that runs or ran last. */
  attempt: number
  firstFailure: Failure | undefined
  /** The broker was told, or the link is gone: nothing may be said any more. */
  isOver: boolean
}

export interface Settling {
  settle(held: Held, outcome: Outcome): MaybePromise<void>
  /** For a message that was handed out as often as it may be, each time to somebody who went away. */
  giveUp(held: Held): Promise<void>
}

export interface SettlingOptions {
  readonly host: Host
  readonly channel: Channel
  readonly group: string | undefined
  readonly address: string
  readonly queue: string
  readonly publishers: Publishers
  readonly office: DeadLetterOffice
}

export function createSettling(options: SettlingOptions): Settling {
  const { host, channel, group, address, queue, publishers, office } = options
  const target = address === queue ? address : qualified(address, queue)

  async function bury(held: Held, reason: DeadReason, failure: Failure | undefined): Promise<void> {
    const { attempt, firstFailure = failure, incoming } = held
    const facts = {
      ...{ reason, group, attempts: attempt, acquired: attempt },
      ...{ firstFailure, lastFailure: failure, diedAt: host.clock.now() },
    }
    await office.bury(channel, queue, incoming.message, facts)
    accept(held)
  }

  /** A copy that waits at the broker takes the place of the message, since nothing can be written on the original. */
  async function again(held: Held, afterMs: number): Promise<void> {
    const { message } = held.incoming
    const extra = {
      [attemptHeader]: String(held.attempt),
      [firstFailureHeader]: writeFailure(held.firstFailure),
    }
    const copy = toAmqp(channel, message, { delayMs: afterMs, now: host.clock.now(), extra })
    await publishers.postMarked(target, { ...copy, ...kept(held) }, message.body.size, undefined)
    accept(held)
  }

  function retry(held: Held, afterMs: number, failure: Failure | undefined): MaybePromise<void> {
    if (held.attempt >= channel.guarantees.retry.attempts) return bury(held, 'attempts', failure)
    const isFirst = held.firstFailure === undefined && failure !== undefined
    held.firstFailure ??= failure
    if (afterMs <= 0 && !isFirst) return failed(held)
    return again(held, afterMs)
  }

  return {
    settle(held, outcome) {
      switch (outcome.kind) {
        case 'done':
        case 'drop':
          return accept(held)
        case 'retry':
          return retry(held, outcome.afterMs, outcome.failure)
        case 'reject':
          return bury(held, outcome.reason, outcome.failure)
      }
    },
    giveUp(held) {
      held.attempt -= 1
      return bury(held, 'attempts', { message: 'Every worker that had it went away.' })
    },
  }
}

/** What a message of a queue with priorities, or of a foreign hand, has beside its headers. */
function kept({ incoming }: Held): { readonly priority?: number } {
  return incoming.priority === undefined ? {} : { priority: incoming.priority }
}

export function hold(delivery: Delivery, incoming: Incoming): Held {
  const firstFailure = readFailure(incoming.headers[firstFailureHeader])
  return { delivery, incoming, attempt: incoming.failures + 1, firstFailure, isOver: false }
}

export function accept(held: Held): void {
  if (!held.isOver) held.delivery.accept()
  held.isOver = true
}

/** It goes back, and this delivery counts. */
export function failed(held: Held): void {
  if (!held.isOver) held.delivery.modified({ delivery_failed: true })
  held.isOver = true
}

/** It goes back as if it had never been here. */
export function release(held: Held): void {
  if (!held.isOver) held.delivery.release()
  held.isOver = true
}
