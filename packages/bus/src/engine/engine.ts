/** What the broker engine offers: the seam of a transport, but with claims settled explicitly instead of by a promise. */

import type { Channel } from '../channel.js'
import type { Clock } from '../clock.js'
import type { BusErrorCode } from '../error-table.js'
import type { Answer, Command } from '../manage.js'
import type { Outcome } from '../outcome.js'
import type {
  Accept,
  AcceptRequest,
  ConsumeRequest,
  Exchange,
  MaybePromise,
  Message,
  OpenRequest,
  Peer,
  PublishRequest,
  Receipt,
} from '../transport.js'
import type { EngineLimits } from './limits.js'
import type { Store } from './store.js'

/** What an engine is given; it touches nothing else. */
export interface EngineHost {
  readonly clock: Clock
  readonly random: () => number
  /** Runs `fn` soon, after the current call has returned and before any I/O: queueMicrotask or a test's own queue. */
  readonly defer: (fn: () => void) => void
  /** Bounds of everything the engine holds; what is left out has its default. */
  readonly limits?: EngineLimits
  /** Keeps what durable channels hold; without one they are refused with UNSUPPORTED. */
  readonly store?: Store
  /**
   * Consumers die with the engine: what they had when the process ended counts as a failed try, so that a message that
   * ends the process does not come for ever. Default false.
   */
  readonly crashFails?: boolean
}

/** One broker without I/O: topic tree, groups, queues, logs, exchanges. Calls are synchronous and never block. */
export interface Engine {
  /** CONTRACT_MISMATCH when kind, path or durability differ from an earlier declaration; another fingerprint is noted. */
  declare(channel: Channel): void
  /** A promise where a subscriber's `block` policy makes the publisher wait, and on durable channels until it is on disk. */
  publish(request: PublishRequest): MaybePromise<Receipt>
  consume(request: ConsumeRequest, sink: Sink): EngineConsumer
  open(request: OpenRequest, peer: Peer): Exchange
  accept(request: AcceptRequest, accept: Accept, ended: (reason: BusErrorCode) => void): EngineAcceptor
  manage<C extends Command>(channel: Channel, command: C): Answer<C>
  /**
   * Resolves when all that was told about a channel so far, settlements too, is on disk; at once for channels that are
   * not durable. STORE_FAILED when that will not happen.
   */
  flushed(channel: { readonly name: string }): Promise<void>
  /** Ends every consumer and exchange with CLOSED and cancels all timers. */
  close(): void
}

/** Where a consumer's deliveries go. None may throw. */
export interface Sink {
  /** Called while the consumer has credit. */
  deliver(delivery: Claim): void
  onGap(gap: { readonly count: number; readonly from?: number; readonly to?: number }): void
  /** At most once; nothing is delivered afterwards. */
  ended(reason: BusErrorCode | undefined): void
  /** The lease ran out or its message was purged: the claim with this token is void. */
  lost(token: number): void
}

/** A message handed to a consumer. */
export interface Claim {
  /** Fencing token, unique within the engine; 0 for plain events, which are not settled. */
  readonly token: number
  readonly message: Message
  readonly attempt: number
  /** How often it was handed out, this time included; more than `attempt` when a crash or a stop undid a lease. */
  readonly acquired: number
  readonly offset: number | undefined
}

/** The engine's side of one consumer. Each delivery takes one credit, nothing gives it back by itself. */
export interface EngineConsumer {
  /** Adds credit: how many more messages the sink can take. Starts at 0. */
  credit(messages: number): void
  /** False, and nothing changes, when the token is stale. Settling a token twice with the same outcome is true. */
  settle(token: number, outcome: Outcome): boolean
  /** Starts the lease anew; false when the token is stale. */
  extend(token: number): boolean
  /** No more deliveries; open claims can still be settled. */
  stop(): void
  /** Leaves at once: open claims go back to the others, as failed attempts if `failed`. */
  leave(options: { readonly failed: boolean }): void
}

/** The engine's side of one acceptor. */
export interface EngineAcceptor {
  /** No more offers; running exchanges go on. */
  stop(): void
  /** Offers again after `stop()`, to another ear; what runs still counts. PAIR_TAKEN when somebody else serves a pair now. */
  restart(accept: Accept, ended: (reason: BusErrorCode) => void): void
  /** Leaves at once: requests in flight close with DISCONNECTED, pairs with PEER_GONE. */
  leave(): void
}
