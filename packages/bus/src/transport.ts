/** The transport seam: what the author of a wire implements, on one screen. Everything here is JSON, bytes or a function. */

import type { Body } from './body.js'
import type { Capabilities } from './capabilities.js'
import type { Channel, Overflow } from './channel.js'
import type { Clock } from './clock.js'
import type { BusErrorCode } from './error-table.js'
import type { Answer, Command } from './manage.js'
import type { Outcome } from './outcome.js'

export type MaybePromise<T> = T | Promise<T>
export type Headers = Readonly<Record<string, string>>
export type LinkState = 'connected' | 'reconnecting' | 'lost'

/** Gives an open transport or rejects; there is no unopened state. `memory()`, `tcp({ url })` return one. */
export type Connect = (host: Host) => Promise<Transport>

/** What the bus hands to a transport. */
export interface Host {
  readonly service: string
  /** Differs between two buses of one service. */
  readonly instance: string
  readonly clock: Clock
  readonly random: () => number
  /** To be called at each change after the connection was made. */
  onState(state: LinkState, reason?: string): void
}

export interface Transport {
  /** For logs and messages; nothing may branch on it. */
  readonly name: string
  readonly capabilities: Capabilities
  /** Provisions or verifies what the channel needs. Idempotent. CONTRACT_MISMATCH when it exists differently. */
  declare(channel: Channel, signal: AbortSignal): Promise<void>
  publish(request: PublishRequest, signal: AbortSignal): MaybePromise<Receipt>
  /** Resolves when effective: what is published afterwards is delivered. */
  consume(request: ConsumeRequest, deliver: Deliver, signal: AbortSignal): Promise<Consumer>
  /** Starts an exchange: a request (its first part is the whole input) or a pair. Failures come as `closed`. */
  open(request: OpenRequest, peer: Peer, signal: AbortSignal): Exchange
  /** Serves exchanges of a channel. PAIR_TAKEN when a pair's address is served already. */
  accept(request: AcceptRequest, accept: Accept, signal: AbortSignal): Promise<Consumer>
  manage<C extends Command>(channel: Channel, command: C, signal: AbortSignal): Promise<Answer<C>>
  /** Drains: flushes what was published, ends consumers, releases. Idempotent. */
  close(signal: AbortSignal): Promise<void>
}

export interface Message {
  /** UUIDv7, kept across retries and resends. */
  readonly id: string
  /** Channel name plus path tokens: `airport.landed.KL.KL23`. */
  readonly address: string
  readonly key: string | undefined
  /** Own headers and the CloudEvents extension names `source`, `traceparent`, `correlationid`, `causationid`. */
  readonly headers: Headers
  /** Wall time of the publisher in ms since the epoch. */
  readonly time: number
  readonly body: Body
}

export interface PublishRequest {
  readonly channel: Channel
  readonly message: Message
  readonly delayMs?: number
  /** 0 to 9, 9 first. */
  readonly priority?: number
}

export interface Receipt {
  readonly id: string
  readonly level: 'sent' | 'accepted' | 'durable'
  /** Of a stream record. */
  readonly offset?: number
  readonly duplicate?: boolean
}

/** Offsets are dense from 0 and never reused; `time` is wall ms; `committed` falls back to `end`. */
export type Start = 'start' | 'end' | 'committed' | { readonly offset: number } | { readonly time: number }

export interface ConsumeRequest {
  readonly channel: Channel
  /** The channel's address with `*` for one token; `**` last for the rest. */
  readonly pattern: string
  /** Members of a group share one copy; undefined: this consumer gets its own copy and leaves nothing behind. */
  readonly group: string | undefined
  /** At most so many unsettled `deliver` calls at a time. */
  readonly concurrency: number
  /** Streams only. `until: 'now'` ends the consumer at the last record that existed when it began. */
  readonly start?: Start
  readonly until?: 'now'
  /**
   * Of a reader of a stream without a group: records come by offset whatever their keys, though not all before are
   * settled; for a consumer that takes one after the other.
   */
  readonly inOrder?: boolean
  /** Of plain events: how much may wait for this consumer, and what happens beyond. */
  readonly buffer?: { readonly messages: number; readonly overflow: Overflow }
  /** Messages this consumer will not see: dropped, or removed by retention before it read them. */
  onGap(gap: { readonly count: number; readonly from?: number; readonly to?: number }): void
}

export interface Delivery {
  readonly message: Message
  /** 1 at first; counts deliveries that failed, not those a crash of the hub undid. */
  readonly attempt: number
  /**
   * How often it was handed out, this time included; more than `attempt` when a crash or a stop undid a lease. Left
   * out when it is `attempt`, and by wires that do not count.
   */
  readonly acquired?: number
  readonly offset?: number
  /** Calls `fn` once if the claim on the message is lost before it is settled. */
  onLost(fn: () => void): void
}

/** Never throws or rejects. Its promise is the back-pressure, its value the only way to settle a message. */
export type Deliver = (delivery: Delivery) => MaybePromise<Outcome>

export interface Consumer {
  /** Settles when it has ended by itself: undefined at `until`, else why (SLOW_CONSUMER, DISCONNECTED, CLOSED). */
  readonly ended: Promise<BusErrorCode | undefined>
  /**
   * No more deliveries; resolves when the running ones are settled, on durable channels when their settlements are on
   * disk. Rejects with STORE_FAILED or DISCONNECTED, outcome unknown, when nobody can say that they are. Idempotent.
   */
  close(): Promise<void>
}

/** One direction's next message of an exchange. `failure` names a declared error whose data is the body. */
export interface Part {
  readonly body: Body
  readonly headers?: Headers
  readonly failure?: string
  /** Nothing follows from this side. */
  readonly end?: boolean
}

export interface OpenRequest {
  readonly channel: Channel
  readonly message: Message
  /** Remaining time in ms; never wall time. */
  readonly timeoutMs: number | undefined
}

/** How an exchange ended; `DONE` when both sides said `end` or the replier finished. */
export interface Closed {
  readonly code: 'DONE' | BusErrorCode
  readonly message?: string
}

/** What one side hears. `closed` comes exactly once and last. Neither may throw. */
export interface Peer {
  /** Its promise is the back-pressure to the sender. */
  part(part: Part): MaybePromise<void>
  closed(reason: Closed): void
}

/** What one side says. */
export interface Exchange {
  /** Waits while the other side is behind; rejects once closed. */
  send(part: Part): MaybePromise<void>
  /** Ends both directions at once. Idempotent. */
  close(reason: Closed): void
}

export interface AcceptRequest {
  readonly channel: Channel
  readonly pattern: string
  /** Exchanges handed over and not closed, at most. */
  readonly concurrency: number
}

/** Called for each exchange offered to this side, with its first part inside `message`. */
export type Accept = (offer: {
  readonly message: Message
  readonly timeoutMs: number | undefined
  readonly exchange: Exchange
}) => Peer
