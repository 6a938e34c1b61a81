/** One side of an exchange that writes down what it hears. */

import type { Closed, Exchange, MaybePromise, Message, Part, Peer } from 'busbar/transport'
import { EncodedBody } from 'busbar/transport'
import { within } from '../within.js'
import { decode, encode } from './channels.js'
import { type Mailbox, mailbox } from './mailbox.js'

export interface Heard {
  /** What the other side said. */
  readonly parts: Mailbox<Part>
  readonly closings: readonly Closed[]
  /** How it ended; waits for it. */
  closed(what: string, limitMs?: number): Promise<Closed>
  /** The next part's payload. */
  value(what: string, limitMs?: number): Promise<unknown>
}

/** One side: what it hears and what it says. */
export interface Conversation extends Heard {
  readonly exchange: Exchange
  say(value: unknown, options?: Omit<Part, 'body'>): MaybePromise<void>
}

/** An exchange that was offered to an accepting side. */
export interface Offer extends Conversation {
  readonly message: Message
  readonly value0: unknown
  readonly timeoutMs: number | undefined
}

/** Writes down; `slow` may return a promise to hold the other side back. */
export function listener(slow?: (part: Part) => MaybePromise<void>): Heard & { readonly peer: Peer } {
  const parts = mailbox<Part>()
  const closings: Closed[] = []
  let tell: (reason: Closed) => void = () => {}
  const ended = new Promise<Closed>((resolve) => {
    tell = resolve
  })
  return {
    parts,
    closings,
    closed: (what, limitMs) => within(ended, what, limitMs),
    value: async (what, limitMs) => decode((await parts.next(what, limitMs)).body.bytes()),
    peer: {
      part(part) {
        parts.put(part)
        return slow?.(part)
      },
      closed(reason) {
        closings.push(reason)
        tell(reason)
      },
    },
  }
}

/** A part that carries `value`. */
function part(value: unknown, options: Omit<Part, 'body'> = {}): Part {
  return { body: new EncodedBody('json', encode(value)), ...options }
}

/** Joins what a side hears with what it says. */
export function converse(heard: Heard, exchange: Exchange): Conversation {
  return { ...heard, exchange, say: (value, options) => exchange.send(part(value, options)) }
}
