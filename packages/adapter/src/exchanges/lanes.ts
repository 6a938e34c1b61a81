/** What an adapter gives so that requests and pairs can be emulated on its broker, and what it gets for it. */

import type {
  AcceptRequest,
  BusErrorCode,
  Channel,
  Closed,
  Headers,
  MaybePromise,
  Transport,
} from 'busbar/transport'

/** What travels: text headers and an opaque body. Brokers without headers carry it packed, see {@link packFrame}. */
export interface Frame {
  /** Names in lower case. Values are text without control characters. */
  readonly headers: Headers
  readonly body: Uint8Array
}

/**
 * What a broker must be able to do. Nothing here calls `onFrame` or `onOpening` from within its own stack. A frame may
 * come twice or not at all; only its sender's order must be kept while the link is up.
 */
export interface Lanes {
  /** Where others reach this link: unguessable, private, gone with the link, and the same after a cut. */
  readonly inbox: string
  /**
   * Sends to an inbox; calls are not awaited one by one and must keep their order. 'nobody' when the broker says that
   * the inbox is no more. What throws at once (TOO_LARGE) was not sent; a rejection ends the exchange.
   */
  send(inbox: string, frame: Frame): MaybePromise<void | 'nobody'>
  /**
   * Hands an opening to one of those who serve the channel: to any for requests, to the only one for pairs. 'nobody'
   * when the broker knows that no one does; 'offered' when it has the opening or cannot tell.
   */
  offer(channel: Channel, address: string, frame: Frame, signal: AbortSignal): Promise<'offered' | 'nobody'>
  /**
   * Has `onOpening` called for openings whose address matches the pattern. Resolves when effective; PAIR_TAKEN when an
   * address of the pattern is served as a pair already. The adapter sets it up again after a cut.
   */
  serve(request: AcceptRequest, onOpening: OnOpening): Promise<Serving>
}

/**
 * Its promise is the back-pressure: no more is pulled until it resolves, where the broker can hold back. `address` is
 * given by brokers that know it, since foreign openings lack the header. Those of foreign callers need `busbar-reply`,
 * and `busbar-exchange` if they tell answers apart by it.
 */
export type OnOpening = (frame: Frame, address?: string) => MaybePromise<void>

export interface Serving {
  /** When it ends by itself: why. */
  readonly ended?: Promise<BusErrorCode>
  /** No opening is handed to this link once it resolves. */
  stop(): Promise<void>
}

/** Requests and pairs over {@link Lanes}: the two methods of the seam, and what the adapter tells. */
export interface Exchanges {
  readonly open: Transport['open']
  readonly accept: Transport['accept']
  /** To be called for each frame that came to the inbox. */
  onFrame(frame: Frame): void
  /** The link is cut and will be back: requests that this side opened end with DISCONNECTED, the rest waits. */
  onCut(): void
  /** The link is back, inbox and servings included: what was lost meanwhile is asked for. */
  onBack(): void
  /** The link is lost, or the broker forgot its inboxes: every exchange ends with this. What is served stays. */
  onDown(reason: Closed): void
  /**
   * Stops serving, waits for what runs until the signal aborts, then ends everything and tells the other sides. To be
   * called while the link still sends. Idempotent.
   */
  close(signal: AbortSignal): Promise<void>
}

/** Settings of {@link createExchanges}; all optional. */
export interface ExchangeOptions {
  /** Before the names of CloudEvents attributes in openings; default `ce-`. The media type is `content-type`. */
  readonly prefix?: string
  /** How often both sides of an exchange say that they are there, in ms; three without a word end it. Default 5,000. */
  readonly heartbeatMs?: number
  /** A responder that has not answered after this time says who it is, so that it can be told to stop. Default 25 ms. */
  readonly noticeMs?: number
  /** What one side may send before the other has taken it, in bytes; default 262,144. */
  readonly windowBytes?: number
  /** Openings that may wait at an acceptor whose concurrency is used up; QUEUE_FULL beyond. Default 1,024. */
  readonly maxWaiting?: number
}
