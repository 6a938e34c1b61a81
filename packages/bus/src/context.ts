/** What a handler gets besides the value: facts about the message, and ways to go on from it. */

import type { Bus } from './bus.js'
import type { Headers } from './transport.js'

/** Marks settlements; exported for the bus, not for users. */
export const settles: unique symbol = Symbol('busbar.settles')

/** Made by ctx.retry, ctx.reject, ctx.drop and ctx.fail; has effect only when the handler returns it. */
export interface Settlement {
  readonly [settles]: true
}

/** Facts about the message at hand. */
export interface MessageFacts<P extends string> {
  readonly id: string
  /** Full name of the topic. */
  readonly topic: string
  readonly key: string | undefined
  readonly headers: Headers
  readonly params: Readonly<Record<P, string>>
  /** When it was published, wall time of the publisher in ms. */
  readonly time: number
  /** Service that published it. */
  readonly source: string
  /** Id of the first message of this chain of causes. */
  readonly correlationId: string
  /** Aborts when the claim is lost, the caller gave up, or the bus closes and its drain time is over. */
  readonly signal: AbortSignal
  /** The same verbs; what they send carries cause, correlation and trace of this message. */
  readonly publish: Bus['publish']
  readonly send: Bus['send']
  readonly append: Bus['append']
  readonly request: Bus['request']
}

/** Of events and queues. */
export interface Context<P extends string = never> extends MessageFacts<P> {
  /** 1 at the first try. */
  readonly attempt: number
  /** How often it was handed out, this time included; more than `attempt` when a crash or a stop undid a lease. */
  readonly acquired: number
  /** Try again, after the topic's back-off or `afterMs`. Counts as a failed attempt. */
  retry(options?: { readonly afterMs?: number; readonly reason?: string }): Settlement
  /** Give up: to the dead letters. */
  reject(reason: string): Settlement
  /** Give up without a trace. */
  drop(): Settlement
}

/** Of streams. */
export interface StreamContext<P extends string = never> extends Context<P> {
  readonly offset: number
}

/** Of requests and pairs. `fail` takes the names and data the contract declares. */
export interface ExchangeContext<P extends string, Errors> extends MessageFacts<P> {
  /** Time left until the caller's deadline, in ms. */
  readonly remainingMs: number | undefined
  fail<N extends keyof Errors & string>(name: N, data: Errors[N]): Settlement
}
