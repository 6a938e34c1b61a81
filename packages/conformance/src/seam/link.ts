/** A transport with the arguments filled in that a case does not care about. */

import type {
  Answer,
  Channel,
  Command,
  Consumer,
  MaybePromise,
  Part,
  Receipt,
  Transport,
} from 'busbar/transport'
import { deadlineOf, within } from '../within.js'
import { decode, type MessageOptions, makeMessage, patternOf } from './channels.js'
import { type Conversation, converse, listener, type Offer } from './conversation.js'
import { type Inbox, type InboxOptions, openInbox } from './inbox.js'

export interface PublishOptions extends MessageOptions {
  readonly delayMs?: number
  readonly priority?: number
}

export interface OpenOptions extends MessageOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly slow?: (part: Part) => MaybePromise<void>
}

export interface AcceptOptions {
  readonly concurrency?: number
  readonly path?: readonly string[]
  readonly slow?: (part: Part) => MaybePromise<void>
}

/** Declares channels at their first use, as a bus does. */
export interface Link {
  readonly transport: Transport
  declare(channel: Channel): Promise<void>
  publish(channel: Channel, value: unknown, options?: PublishOptions): Promise<Receipt>
  /** Publishes each value in turn, each after the receipt of the one before. */
  publishAll(channel: Channel, values: readonly unknown[], options?: PublishOptions): Promise<void>
  consume(channel: Channel, options?: InboxOptions): Promise<Inbox>
  /** The channel must be declared. */
  open(channel: Channel, value: unknown, options?: OpenOptions): Conversation
  accept(channel: Channel, serve: (offer: Offer) => unknown, options?: AcceptOptions): Promise<Consumer>
  manage<C extends Command>(channel: Channel, command: C): Promise<Answer<C>>
  /** Closes in time; what still runs is given up after `graceMs`, default: never. */
  close(signal?: AbortSignal): Promise<void>
}

/** Where ids and times of messages come from. */
export interface Stamp {
  stamp(): { readonly id: string; readonly time: number }
}

export function makeLink(transport: Transport, { stamp }: Stamp): Link {
  const { signal } = new AbortController()
  const declared = new Map<Channel, Promise<void>>()
  const declare = (channel: Channel): Promise<void> => {
    const known = declared.get(channel)
    if (known !== undefined) return known
    const fresh = within(transport.declare(channel, signal), `declaring ${channel.name}`)
    declared.set(channel, fresh)
    return fresh
  }
  const publish: Link['publish'] = async (channel, value, options = {}) => {
    const { delayMs, priority, ...rest } = options
    // Without a wait for what is declared already, publishes of one case keep the order of their calls.
    if (!declared.has(channel)) await declare(channel)
    return transport.publish(
      {
        channel,
        message: makeMessage(channel, value, stamp(), rest),
        ...(delayMs !== undefined && { delayMs }),
        ...(priority !== undefined && { priority }),
      },
      signal,
    )
  }
  return {
    transport,
    declare,
    publish,
    async publishAll(channel, values, options) {
      await declare(channel)
      const receipts = Promise.all(values.map((value) => publish(channel, value, options)))
      await within(receipts, 'receipts', deadlineOf(values.length))
    },
    async consume(channel, options = {}) {
      await declare(channel)
      return within(openInbox(transport, channel, options, signal), `consuming ${channel.name}`)
    },
    open(channel, value, { timeoutMs, slow, signal: cancel = signal, ...rest } = {}) {
      const heard = listener(slow)
      const message = makeMessage(channel, value, stamp(), rest)
      return converse(heard, transport.open({ channel, message, timeoutMs }, heard.peer, cancel))
    },
    async accept(channel, serve, { concurrency = 64, path, slow } = {}) {
      await declare(channel)
      const request = { channel, pattern: patternOf(channel, path), concurrency }
      return within(
        transport.accept(
          request,
          ({ message, timeoutMs, exchange }) => {
            const heard = listener(slow)
            const value0 = decode(message.body.bytes())
            serve({ ...converse(heard, exchange), message, value0, timeoutMs })
            return heard.peer
          },
          signal,
        ),
        `accepting ${channel.name}`,
      )
    },
    async manage(channel, command) {
      await declare(channel)
      return within(transport.manage(channel, command, signal), command.op)
    },
    close: (giveUp = signal) => within(transport.close(giveUp), 'close()'),
  }
}
