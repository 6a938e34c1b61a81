/** A consumer that writes down what it gets. */

import {
  type Channel,
  type ConsumeRequest,
  type Consumer,
  type Delivery,
  done,
  type MaybePromise,
  type Message,
  type Outcome,
  type Transport,
} from 'busbar/transport'
import { decode, patternOf } from './channels.js'
import { type Mailbox, mailbox } from './mailbox.js'

/** One delivery, with the payload already read. */
export interface Item {
  readonly message: Message
  readonly value: unknown
  readonly attempt: number
  /** As often as it was handed out, or `attempt` where the wire leaves it out. */
  readonly acquired: number
  readonly offset: number | undefined
  /** Resolves if the claim is lost. */
  readonly lost: Promise<void>
  /** Ends the delivery; has effect only in an inbox that holds. */
  settle(outcome: Outcome): void
}

export interface Gap {
  readonly count: number
  readonly from?: number
  readonly to?: number
}

export interface InboxOptions {
  readonly group?: string
  readonly concurrency?: number
  /** Tokens to filter by; `*` where left out. */
  readonly path?: readonly string[]
  readonly pattern?: string
  readonly start?: NonNullable<ConsumeRequest['start']>
  readonly inOrder?: boolean
  readonly until?: 'now'
  readonly buffer?: NonNullable<ConsumeRequest['buffer']>
  /** `hold` keeps deliveries open until the case settles them; default: all are done. */
  readonly handle?: 'hold' | ((item: Item) => MaybePromise<Outcome>)
}

export interface Inbox extends Mailbox<Item> {
  readonly consumer: Consumer
  readonly gaps: Mailbox<Gap>
  /** The most deliveries that were open at once. */
  readonly peak: number
}

/** Consumes and writes down. */
export async function openInbox(
  transport: Transport,
  channel: Channel,
  options: InboxOptions,
  signal: AbortSignal,
): Promise<Inbox> {
  const items = mailbox<Item>()
  const gaps = mailbox<Gap>()
  const { handle = () => done } = options
  let open = 0
  let peak = 0
  const deliver = (delivery: Delivery): MaybePromise<Outcome> => {
    open += 1
    peak = Math.max(peak, open)
    const { item, settled } = receive(delivery)
    items.put(item)
    const outcome = handle === 'hold' ? settled : handle(item)
    if (!(outcome instanceof Promise)) {
      open -= 1
      return outcome
    }
    return outcome.finally(() => {
      open -= 1
    })
  }
  const consumer = await transport.consume(
    {
      channel,
      pattern: options.pattern ?? patternOf(channel, options.path),
      group: options.group,
      concurrency: options.concurrency ?? 1,
      ...(options.start !== undefined && { start: options.start }),
      ...(options.inOrder !== undefined && { inOrder: options.inOrder }),
      ...(options.until !== undefined && { until: options.until }),
      ...(options.buffer !== undefined && { buffer: options.buffer }),
      onGap: (gap) => gaps.put(gap),
    },
    deliver,
    signal,
  )
  return Object.assign(
    {
      consumer,
      gaps,
      get peak() {
        return peak
      },
    },
    items,
  ) satisfies Inbox
}

function receive(delivery: Delivery): { item: Item; settled: Promise<Outcome> } {
  let settle: (outcome: Outcome) => void = () => {}
  const settled = new Promise<Outcome>((resolve) => {
    settle = resolve
  })
  const lost = new Promise<void>((resolve) => delivery.onLost(resolve))
  const { message, attempt, acquired = attempt, offset } = delivery
  return { item: { message, value: readable(message), attempt, acquired, offset, lost, settle }, settled }
}

/** Payloads that are no JSON are looked at as bytes by the cases that send them. */
function readable(message: Message): unknown {
  try {
    return decode(message.body.bytes())
  } catch {
    return undefined
  }
}
