/** A message as it was received, and what is to become of it. */

import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import type { Channel } from 'busbar/transport'
import { type Form, readForm } from './message-form.js'

export interface Arrival {
  readonly form: Form
  readonly handle: string
  /** SQS's own id of it; another one after a redrive. */
  readonly messageId: string
  /** How often it was received. */
  readonly attempt: number
  readonly sentAt: number
  /** Wall time before which it must not be handled, when that is finer than SQS counts. */
  readonly dueAt: number | undefined
}

export function arrivalOf(channel: Channel, queue: string, raw: SqsMessage): Arrival {
  const form = readForm(channel, queue, raw)
  const dueAt = Number(form.control.due)
  return {
    form,
    handle: raw.ReceiptHandle ?? '',
    messageId: raw.MessageId ?? '',
    attempt: Number(raw.Attributes?.ApproximateReceiveCount ?? 1),
    sentAt: Number(raw.Attributes?.SentTimestamp ?? 0),
    dueAt: Number.isNaN(dueAt) ? undefined : dueAt,
  }
}

/** `drop`: expired, or not of this group's pattern; `bury`: every worker that had it went away; else in how many ms. */
export type Verdict = 'drop' | 'bury' | number

/** Clocks differ between machines; SQS itself has kept the whole seconds of a delay. */
const longestWaitMs = 1_000

export function judge(
  { form, attempt, sentAt, dueAt }: Arrival,
  { guarantees }: Channel,
  matches: (address: string) => boolean,
  now: number,
): Verdict {
  const { ttlMs, retry } = guarantees
  if (!matches(form.message.address)) return 'drop'
  if (ttlMs !== undefined && now - Math.max(sentAt, dueAt ?? 0) > ttlMs) return 'drop'
  if (attempt > retry.attempts) return 'bury'
  if (dueAt === undefined || attempt > 1) return 0
  return Math.min(longestWaitMs, Math.max(0, dueAt - now))
}
