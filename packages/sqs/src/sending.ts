/** Publishes: what a request becomes at SQS, where it goes, and what its receipt may say. */

import {
  BusError,
  type Channel,
  isBusError,
  type Message,
  type PublishRequest,
  type Receipt,
} from 'busbar/transport'
import { maxDelayMs, payloadBytes } from './capabilities.js'
import type { Lines, Outgoing } from './lines.js'
import { type Control, type Written, writeForm } from './message-form.js'
import { tokenOf } from './names.js'
import type { Entry } from './queues.js'

/** What a publish may use besides its payload; the rest is kept for what a dead letter adds. */
const deathBytes = 16_384

export interface SendingHost {
  readonly lines: Lines
  readonly maxMessageBytes: number
  readonly maxQueuedMessages: number
  readonly level: Receipt['level']
  /** This bus, among all. */
  readonly publisher: string
  now(): number
  queueOf(channel: Channel): string
  /** Queues of an event; undefined while the list must be fetched. */
  targets(channel: Channel): readonly string[] | undefined
  nextTargets(channel: Channel): Promise<readonly string[]>
  /** A queue of the channel was missing. */
  onMissing(channel: Channel): Promise<void>
}

/** Of a FIFO queue each key is a group; a message without a key is one of its own, so that it waits for no other. */
export function entryOf(
  queue: string,
  message: Message,
  written: Written,
  { token = message.id, group = message.key ?? `id:${token}` }: Fifo = {},
): Entry {
  const entry = { MessageBody: written.body, MessageAttributes: written.attributes }
  if (!queue.endsWith('.fifo')) return entry
  return { ...entry, MessageGroupId: tokenOf(group), MessageDeduplicationId: tokenOf(token) }
}

/** What FIFO queues go by, where it is not the message's own. */
interface Fifo {
  /** Is sent once in five minutes. */
  readonly token?: string | undefined
  /** Is received in order. */
  readonly group?: string | undefined
}

export class Sending {
  private queued = 0

  constructor(private readonly host: SendingHost) {}

  /** Rejects with TOO_LARGE, QUEUE_FULL, UNSUPPORTED or what the link says; each with its outcome. */
  async publish({ channel, message, delayMs = 0 }: PublishRequest): Promise<Receipt> {
    const { host } = this
    const { control, seconds } = delayOf(channel, delayMs, host.now())
    this.checkRoom(message)
    const written = writeForm(channel, message, control)
    if (written.bytes > host.maxMessageBytes - deathBytes) throw tooLarge(written.bytes, host)
    this.queued += 1
    try {
      if (channel.kind === 'event') await this.spread(channel, message, written)
      else {
        const queue = host.queueOf(channel)
        const plain = entryOf(queue, message, written)
        const entry = seconds > 0 ? { ...plain, DelaySeconds: seconds } : plain
        await this.send(channel, queue, { entry, bytes: written.bytes })
      }
    } finally {
      this.queued -= 1
    }
    return { id: message.id, level: host.level }
  }

  private async send(channel: Channel, queue: string, outgoing: Outgoing): Promise<void> {
    const { sends } = this.host.lines.of(queue)
    try {
      await sends.add(outgoing)
    } catch (error) {
      if (!isBusError(error, 'NOT_FOUND')) throw error
      await this.host.onMissing(channel)
      await sends.add(outgoing)
    }
  }

  /** One copy for each queue. A queue that was deleted meanwhile had nobody left. */
  private async spread(channel: Channel, message: Message, written: Written): Promise<void> {
    const { lines, targets, nextTargets, onMissing } = this.host
    const queues = targets(channel) ?? (await nextTargets(channel))
    const { bytes } = written
    // Of plain events it is each publisher's order that counts.
    const group = channel.guarantees.ordered ? undefined : this.host.publisher
    const sent = queues.map((queue) =>
      lines
        .of(queue)
        .sends.add({
          entry: entryOf(queue, message, written, { group }),
          bytes,
        })
        .catch(async (error: unknown) => {
          if (!isBusError(error, 'NOT_FOUND')) throw error
          lines.forget(queue)
          await onMissing(channel)
        }),
    )
    const results = await Promise.allSettled(sent)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed === undefined) return
    const { code, message: text, details } = asBusError(failed.reason)
    const isWhole = results.every((result) => result.status === 'rejected')
    throw new BusError(code, text, {
      ...{ details, cause: failed.reason },
      // Some groups have it.
      outcome: isWhole ? (asBusError(failed.reason).outcome ?? 'unknown') : 'unknown',
    })
  }

  private checkRoom(message: Message): void {
    const { maxMessageBytes, maxQueuedMessages } = this.host
    if (message.body.size > payloadBytes(maxMessageBytes)) throw tooLarge(message.body.size, this.host)
    if (this.queued < maxQueuedMessages) return
    const text = `${maxQueuedMessages} publishes wait for the server (maxQueuedMessages).`
    throw new BusError('QUEUE_FULL', text, { outcome: 'rejected' })
  }
}

/** Whole seconds are kept by the queue, the rest of one by whoever receives it. */
function delayOf(
  { name, guarantees }: Channel,
  delayMs: number,
  now: number,
): { readonly control?: Control; readonly seconds: number } {
  if (delayMs <= 0) return { seconds: 0 }
  if (guarantees.ordered) {
    const text = `"${name}" is ordered by key, and FIFO queues of SQS know no delay of single messages; drop the key or the delay.`
    throw new BusError('UNSUPPORTED', text, { outcome: 'rejected', details: { topic: name } })
  }
  if (delayMs > maxDelayMs) {
    const text = `A delay of ${delayMs} ms is longer than SQS keeps, which is ${maxDelayMs} ms.`
    throw new BusError('INVALID_OPTION', text, { outcome: 'rejected', details: { topic: name } })
  }
  const seconds = Math.floor(delayMs / 1_000)
  return delayMs % 1_000 === 0 ? { seconds } : { seconds, control: { due: String(now + delayMs) } }
}

function tooLarge(bytes: number, { maxMessageBytes }: SendingHost): BusError {
  const text = `A message of ${bytes} bytes does not fit: ${payloadBytes(maxMessageBytes)} bytes of payload are the limit at maxMessageBytes ${maxMessageBytes}.`
  return new BusError('TOO_LARGE', text, { outcome: 'rejected' })
}

function asBusError(error: unknown): BusError {
  return error instanceof BusError ? error : new BusError('INTERNAL', String(error), { cause: error })
}
