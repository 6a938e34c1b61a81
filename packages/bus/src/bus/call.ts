/** One exchange as its opener holds it: with a deadline, a way to cancel, and exactly one end. */

import type { RequestOptions } from '../bus.js'
import type { Expiring } from '../engine/exchange-deadlines.js'
import type { Closed, Exchange, MaybePromise, Message, Part, Peer } from '../transport.js'
import { invalid } from './consume-options.js'
import type { Core } from './core.js'
import { checkHeaders } from './headers.js'
import type { KnownTopic } from './known-topics.js'
import type { MessageOptions } from './message.js'
import { checkOptionNames } from './option-names.js'

/** Options of request and dial. */
export type GivenToRequest = RequestOptions & MessageOptions

/**
 * The wire enforces the deadline and knows whether a responder had the request; the opener only makes sure that the
 * end comes even if the wire says nothing.
 */
const graceMs = 100

/** What the opener does with what it hears. */
export interface Listener {
  part(part: Part): MaybePromise<void>
  /** At most once, and not after `settle`. */
  ended(closed: Closed): void
}

export class Call implements Expiring, Peer {
  place = -1
  deadline = Number.POSITIVE_INFINITY
  private exchange: Exchange | undefined
  private over = false
  private readonly onAbort = (): void => this.close({ code: 'CANCELLED' })

  constructor(
    private readonly core: Core,
    private readonly listener: Listener,
    private readonly signal: AbortSignal | undefined,
  ) {}

  open(known: KnownTopic, message: Message, timeoutMs: number, isDeadlineOfWhole: boolean): void {
    const { core } = this
    // A middleware may have taken its time: a signal that has aborted already would never tell.
    this.signal?.throwIfAborted()
    core.aborts.add(this.signal, this.onAbort)
    this.deadline = core.clock.monotonic() + timeoutMs + (isDeadlineOfWhole ? graceMs : 0)
    const request = {
      channel: known.channel,
      message,
      timeoutMs: isDeadlineOfWhole ? timeoutMs : undefined,
    }
    this.exchange = core.transport.open(request, this, core.life)
    if (!this.over) core.deadlines.add(this)
  }

  part(part: Part): MaybePromise<void> {
    if (!this.over) return this.listener.part(part)
  }

  closed(reason: Closed): void {
    if (!this.over) {
      this.settle()
      this.listener.ended(reason)
    }
  }

  expire(): void {
    this.close({ code: 'TIMEOUT' })
  }

  send(part: Part): MaybePromise<void> {
    return this.exchange?.send(part)
  }

  /** Ends it for both sides. */
  close(reason: Closed): void {
    if (this.over) return
    this.exchange?.close(reason)
    this.closed(reason)
  }

  /** The deadline is met; the exchange goes on without one. */
  meetDeadline(): void {
    this.core.deadlines.remove(this)
  }

  /** The answer is here; the other side is told unless it has said so itself. */
  done(last: Part): void {
    this.settle()
    if (last.end !== true) this.exchange?.close({ code: 'DONE' })
  }

  /** All is said: nothing that comes now is of interest. */
  settle(): void {
    this.over = true
    this.core.deadlines.remove(this)
    this.core.aborts.remove(this.signal, this.onAbort)
  }
}

/** The deadline of one call; INVALID_OPTION. */
export function checkCall(
  verb: 'request' | 'dial',
  known: KnownTopic,
  options: GivenToRequest | undefined,
): number {
  if (options !== undefined) checkOptionNames(verb, known.channel.name, options)
  if (options?.headers !== undefined) checkHeaders(known.channel.name, options.headers)
  const timeoutMs = options?.timeoutMs ?? known.topic.wire.timeoutMs
  if (timeoutMs > 0 && Number.isFinite(timeoutMs)) return timeoutMs
  throw invalid(known, `timeoutMs is ${String(timeoutMs)}, it must be a number of ms above 0`)
}
