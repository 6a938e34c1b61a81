/** One exchange at the engine: two sides, a deadline, and its place in a list of the channel. */

import type { Closed, Message, Peer } from '../transport.js'
import type { Expiring } from './exchange-deadlines.js'
import { Side, type Sides } from './exchange-side.js'

/** What the broker of an exchange hears about it. */
export interface CallOwner<Holder> {
  /** It ends when the acceptor has said all; otherwise when both sides have. */
  readonly endsWithReply: boolean
  /** Called once, before either side hears of the end. */
  ended(call: Call<Holder>, reason: Closed): void
  acceptorLeft(call: Call<Holder>): void
  /** It has ended but its opener has yet to take what was said before. */
  openerLingers(call: Call<Holder>): void
  openerLeft(call: Call<Holder>): void
}

/** The end at the deadline. */
export const expired: Closed = Object.freeze({
  code: 'TIMEOUT',
  message: 'The deadline passed before the exchange was finished.',
})

export class Call<Holder> implements Expiring, Sides {
  readonly opener: Side
  readonly acceptor: Side
  /** Who it is or will be handed to. */
  holder: Holder | undefined
  /** It was handed over: nobody else may ever get it. */
  started = false
  /** Neighbours in the one list it is in: those that wait, or those of its holder. */
  before: Call<Holder> | undefined
  after: Call<Holder> | undefined
  list: CallList<Holder> | undefined
  place = -1
  deadline = Number.POSITIVE_INFINITY
  private over = false

  constructor(
    private readonly owner: CallOwner<Holder>,
    readonly message: Message,
    peer: Peer,
  ) {
    this.opener = new Side(this, peer)
    this.acceptor = new Side(this, undefined)
    this.opener.other = this.acceptor
    this.acceptor.other = this.opener
  }

  said(side: Side): void {
    const finished = this.owner.endsWithReply ? side === this.acceptor : side.other.saidEnd
    if (finished) this.end({ code: 'DONE' })
  }

  end(reason: Closed): void {
    const first = !this.over
    this.over = true
    if (first) this.owner.ended(this, reason)
    this.acceptor.finish(reason)
    this.opener.finish(reason)
    if (first && !this.opener.over) this.owner.openerLingers(this)
  }

  gone(side: Side): void {
    if (side === this.acceptor) this.owner.acceptorLeft(this)
    else this.owner.openerLeft(this)
  }

  expire(): void {
    this.end(expired)
  }
}

/** Exchanges in the order they came; taking one out costs the same wherever it is. */
export class CallList<Holder> {
  first: Call<Holder> | undefined
  size = 0
  private last: Call<Holder> | undefined

  add(call: Call<Holder>): void {
    call.list = this
    call.before = this.last
    if (this.last === undefined) this.first = call
    else this.last.after = call
    this.last = call
    this.size += 1
  }

  remove(call: Call<Holder>): void {
    if (call.list !== this) return
    if (call.before === undefined) this.first = call.after
    else call.before.after = call.after
    if (call.after === undefined) this.last = call.before
    else call.after.before = call.before
    call.list = undefined
    call.before = undefined
    call.after = undefined
    this.size -= 1
  }

  /** A copy, for loops whose body takes members out. */
  all(): Call<Holder>[] {
    const calls: Call<Holder>[] = []
    for (let call = this.first; call !== undefined; call = call.after) calls.push(call)
    return calls
  }
}
