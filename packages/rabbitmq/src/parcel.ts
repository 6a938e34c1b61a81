/** A message in hand, with what the broker and earlier tries left with it. */

import { attemptHeader, firstFailureHeader, readFailure } from '@busbar/adapter'
import type { Channel, Failure, Message } from 'busbar/transport'
import { dueHeader } from './delays.js'
import { type Arrived, headersOf, isNameless, readArrived } from './envelope.js'
import { copyHeader } from './publisher.js'

/** Wall time in ms after which a message is not to be handed out. */
export const expiresHeader = 'busbar-expires'

export interface Parcel {
  readonly message: Message
  readonly deliveryTag: number
  readonly priority: number | undefined
  /** Failed tries that were written down, and this one; without those that a lost worker undid. */
  readonly written: number
  /** How often a worker was lost with it; undefined when the broker says only that it happened. */
  readonly losses: number | undefined
  readonly firstFailure: Failure | undefined
  readonly copy: string | undefined
  readonly dueAt: number | undefined
  readonly expiresAt: number | undefined
  /** It came from elsewhere without an id; the one it has now is made up. */
  readonly isNameless: boolean
}

export function readParcel(
  channel: Channel,
  arrived: Arrived,
  fallback: { id(): string; now(): number },
): Parcel {
  const headers = headersOf(arrived)
  const count: unknown = arrived.headers?.['x-delivery-count']
  return {
    message: readArrived(channel, arrived, headers, fallback),
    deliveryTag: arrived.deliveryTag,
    priority: arrived.priority,
    written: numberOf(headers[attemptHeader]) ?? 1,
    losses: typeof count === 'number' ? count : arrived.redelivered ? undefined : 0,
    firstFailure: readFailure(headers[firstFailureHeader]),
    copy: headers[copyHeader],
    dueAt: numberOf(headers[dueHeader]),
    expiresAt: numberOf(headers[expiresHeader]),
    isNameless: isNameless(arrived, headers),
  }
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text ?? Number.NaN)
  return Number.isSafeInteger(value) ? value : undefined
}
