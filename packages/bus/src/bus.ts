/** What a service holds: one typed bus. Types only; `createBus` makes it. */

import type { Overflow } from './channel.js'
import type { Clock } from './clock.js'
import type { Context, ExchangeContext, Settlement, StreamContext } from './context.js'
import type { DeadLetters } from './dead-letters.js'
import type { BusErrorCode } from './error-table.js'
import type { ChannelState } from './manage.js'
import type { BusMiddleware } from './middleware.js'
import type { Issue } from './outcome.js'
import type {
  AnyTopic,
  Contract,
  EventTopic,
  PairTopic,
  PairTypes,
  QueueTopic,
  RequestTopic,
  RequestTypes,
  StreamTopic,
  Topic,
} from './topic.js'
import type { Connect, LinkState, MaybePromise, Receipt } from './transport.js'

/** Options of {@link createBus}. */
export interface BusOptions {
  /** Name of the service; the default group of its subscriptions. */
  readonly service: string
  readonly transport: Connect
  readonly middleware?: readonly BusMiddleware[]
  readonly clock?: Clock
  readonly random?: () => number
  /** How long close() waits for running handlers, in ms; default 10,000. */
  readonly drainTimeoutMs?: number
  /** `strict`: CONTRACT_MISMATCH when another build of the contract is in use; default `compatible`. */
  readonly contracts?: 'compatible' | 'strict'
}

/** What is needed of the params: nothing when the topic has none. */
export type ParamsOption<P extends string> = [P] extends [never]
  ? { readonly params?: undefined }
  : { readonly params: Readonly<Record<P, string>> }

/**
 * The last argument, optional unless the topic's path makes it required. Of a topic that is not known (`string`) it
 * is optional too: a topic of the wrong kind must fail for its kind, not for a missing argument.
 */
export type Options<P extends string, O> = [P] extends [never]
  ? [options?: O & { readonly params?: undefined }]
  : string extends P
    ? [options?: O & Partial<ParamsOption<P>>]
    : [options: O & ParamsOption<P>]

export interface PublishOptions {
  /** For sending the same message again: keeps its id, so that a dedupe window can see it. */
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Partition key; default: what the topic's `key` gives. */
  readonly key?: string
  readonly signal?: AbortSignal
}

export interface SendOptions extends PublishOptions {
  readonly delayMs?: number
  /** 0 (default) to 9 (first). The topic must allow priorities. */
  readonly priority?: number
}

export interface ConsumeOptions<P extends string> {
  /** Handlers running at once; default 1, which keeps the order. */
  readonly concurrency?: number
  /** Only messages whose path has these values. */
  readonly where?: Readonly<Partial<Record<P, string>>>
  readonly signal?: AbortSignal
  /** What a thrown error means; default `retry`. */
  readonly classify?: (error: unknown) => 'retry' | 'reject' | 'drop'
  /** Called for each message whose payload does not match the schema, besides its dead letter. */
  readonly onInvalid?: (invalid: { readonly id: string; readonly issues: readonly Issue[] }) => void
}

export interface SubscribeOptions<P extends string> extends ConsumeOptions<P> {
  /** Default: the service's name. `each`: every instance gets every message. */
  readonly group?: string
  /**
   * Of plain events: messages that may wait, default 4,096, and what happens beyond, default `drop-oldest`. `block` is
   * UNSUPPORTED on wires whose publishers cannot wait for subscribers (`event.block`).
   */
  readonly buffer?: { readonly messages?: number; readonly overflow?: Overflow }
  /** Messages that were dropped before this consumer saw them; told just before it gets the next one. */
  readonly onGap?: (gap: { readonly count: number; readonly from?: number; readonly to?: number }) => void
}

export interface StreamSubscribeOptions<P extends string> extends SubscribeOptions<P> {
  /** Where a group begins that has no commit yet; default `end`. */
  readonly from?: ReplayFrom
}

/** The kinds that can be subscribed to. */
export type Subscribable = 'event' | 'stream'

/** What the handler of a subscription gets: records of a stream have an offset. */
export type SubscribeContext<K extends Subscribable, P extends string> = K extends 'stream'
  ? StreamContext<P>
  : Context<P>

/** Options of a subscription: a stream may be read from an earlier place. */
export type SubscribeOptionsOf<K extends Subscribable, P extends string> = K extends 'stream'
  ? StreamSubscribeOptions<P>
  : SubscribeOptions<P>

/** `start`, `end`, an offset, or a time (Date or ms since the epoch). */
export type ReplayFrom = 'start' | 'end' | { readonly offset: number } | { readonly time: Date | number }

export interface ReplayOptions<P extends string> {
  /** Default `start`. */
  readonly from?: ReplayFrom
  /** `now`: ends at the last record that existed at the call. Default: goes on live. */
  readonly to?: 'now'
  readonly where?: Readonly<Partial<Record<P, string>>>
  readonly signal?: AbortSignal
  readonly onGap?: (gap: { readonly count: number; readonly from?: number; readonly to?: number }) => void
  /** Called for each record that does not match the schema; it is passed over. */
  readonly onInvalid?: (invalid: { readonly id: string; readonly issues: readonly Issue[] }) => void
}

export interface RequestOptions {
  /** Default: the topic's, else 30,000. */
  readonly timeoutMs?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
  readonly signal?: AbortSignal
}

/** A running subscription, worker, replier or accepter. */
export interface Subscription extends AsyncDisposable {
  /** Settles when it ended by itself: why, or undefined after close(). Never rejects. */
  readonly ended: Promise<BusErrorCode | undefined>
  /** No more deliveries; resolves when running handlers are done. Idempotent. */
  close(): Promise<void>
}

/** One side of a pair: send, iterate over what the other says, close. */
export interface Line<Sends, Receives> extends AsyncDisposable, AsyncIterable<Receives> {
  /** Waits while the other side is behind. PEER_GONE, PAIR_RESET or CLOSED when the pair has ended. */
  send(value: Sends): Promise<void>
  /** Settles when the pair ended: DONE after a close() by either side, else why. */
  readonly ended: Promise<'DONE' | BusErrorCode>
  close(): Promise<void>
}

/** One record of a stream. */
export interface Recorded<Out, P extends string> {
  readonly value: Out
  readonly ctx: StreamContext<P>
}

/** Handlers may return a settlement made by their context; anything else means done. */
export type Handled = MaybePromise<void | Settlement>

type ErrorData<T extends RequestTypes> = { readonly [N in keyof T['errors']]: T['errors'][N]['in'] }
type ReplyOf<T extends RequestTypes> = T['streamed'] extends true
  ? AsyncIterable<T['replyIn'] | Settlement>
  : MaybePromise<T['replyIn'] | Settlement>
type AnswerOf<T extends RequestTypes> = T['streamed'] extends true
  ? AsyncIterable<T['replyOut']>
  : Promise<T['replyOut']>

/** Receipts say how safe a message is; errors carry `outcome`. Every verb may reject with CLOSED and UNSUPPORTED. */
export interface Bus extends AsyncDisposable {
  readonly service: string
  readonly instance: string
  readonly status: BusStatus

  publish<In, Out, P extends string = never>(
    topic: EventTopic<In, Out, P>,
    value: NoInfer<In>,
    ...options: Options<P, PublishOptions>
  ): Promise<Receipt>
  subscribe<K extends Subscribable, In, Out, P extends string = never>(
    topic: Topic<K, In, Out, P>,
    handler: (value: Out, ctx: SubscribeContext<K, P>) => Handled,
    options?: SubscribeOptionsOf<K, P>,
  ): Promise<Subscription>

  send<In, Out, P extends string = never>(
    topic: QueueTopic<In, Out, P>,
    value: NoInfer<In>,
    ...options: Options<P, SendOptions>
  ): Promise<Receipt>
  work<In, Out, P extends string = never>(
    topic: QueueTopic<In, Out, P>,
    handler: (value: Out, ctx: Context<P>) => Handled,
    options?: ConsumeOptions<P>,
  ): Promise<Subscription>

  request<T extends RequestTypes>(
    topic: RequestTopic<T>,
    value: T['in'],
    ...options: Options<T['params'], RequestOptions>
  ): AnswerOf<T>
  reply<T extends RequestTypes>(
    topic: RequestTopic<T>,
    handler: (value: T['out'], ctx: ExchangeContext<T['params'], ErrorData<T>>) => ReplyOf<T>,
    options?: ReplyOptions<T['params']>,
  ): Promise<Subscription>

  append<In, Out, P extends string = never>(
    topic: StreamTopic<In, Out, P>,
    value: NoInfer<In>,
    ...options: Options<P, PublishOptions>
  ): Promise<Receipt>
  replay<In, Out, P extends string = never>(
    topic: StreamTopic<In, Out, P>,
    options?: ReplayOptions<P>,
  ): AsyncIterable<Recorded<Out, P>>

  dial<T extends PairTypes>(
    topic: PairTopic<T>,
    ...options: Options<T['params'], RequestOptions>
  ): Promise<Line<T['dialerIn'], T['accepterOut']>>
  accept<T extends PairTypes>(
    topic: PairTopic<T>,
    handler: (
      line: Line<T['accepterIn'], T['dialerOut']>,
      ctx: ExchangeContext<T['params'], {}>,
    ) => MaybePromise<void>,
    options?: ReplyOptions<T['params']>,
  ): Promise<Subscription>

  /** The dead letters of a topic: list, peek, redrive, discard. */
  deadLetters<In>(topic: Topic<'event' | 'queue' | 'stream', In, unknown, string>): DeadLetters<In>
  /** Counts of a topic: waiting, running, done, dead. */
  inspect(topic: AnyTopic): Promise<ChannelState>
  /**
   * Removes all that waits or runs in any group of a topic, and all records of a stream; gives how many. Dead letters
   * stay. Durable event groups that nobody is in end with it, unless there are dead letters. UNSUPPORTED.
   */
  purge(topic: Topic<'event' | 'queue' | 'stream', never, unknown, string>): Promise<number>
  /** Declares every topic of a contract now, instead of at first use; throws what would fail then. */
  declare<Topics extends Readonly<Record<string, AnyTopic>>>(contract: Contract<Topics>): Promise<void>
  /** Stops intake, finishes running handlers, flushes, releases. Idempotent. */
  close(): Promise<void>
}

export interface ReplyOptions<P extends string> {
  /** Handlers running at once; default 64. */
  readonly concurrency?: number
  readonly where?: Readonly<Partial<Record<P, string>>>
  readonly signal?: AbortSignal
}

/** What the bus tells about itself; listeners that throw are ignored. */
export interface BusEvents {
  state: [state: LinkState | 'closed', reason: string | undefined]
  /** A handler threw, a payload was invalid, a message died, a subscription ended by itself: for logs, without payload values. */
  trouble: [trouble: Trouble]
}

export interface Trouble {
  readonly code: BusErrorCode | 'HANDLER_FAILED' | 'DEAD_LETTER' | 'GAP'
  readonly topic: string
  readonly id: string | undefined
  readonly message: string
  readonly error?: unknown
}

export interface BusStatus {
  readonly state: LinkState | 'closed'
  /** Messages, requests and replies received so far whose payload did not match its schema. */
  readonly refused: number
  on<E extends keyof BusEvents>(event: E, listener: (...args: BusEvents[E]) => void): () => void
}
