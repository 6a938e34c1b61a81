/** How the engine is divided: one broker per channel, made by its kind, and the group machinery that three kinds share. */

import type { Channel } from '../channel.js'
import type { BusErrorCode } from '../error-table.js'
import type { ChannelState, DeadLetterRecord } from '../manage.js'
import type { Failure } from '../outcome.js'
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
import type { DedupeWindow } from './dedupe-window.js'
import type { EngineAcceptor, EngineConsumer, EngineHost, Sink } from './engine.js'
import type { Entry } from './entry.js'
import type { EngineLimits } from './limits.js'
import type { Store } from './store.js'

/** What every part is given. */
export interface PartHost extends EngineHost {
  readonly limits: Required<EngineLimits>
  /** The next fencing token: never 0, never given twice by one engine. */
  readonly nextToken: () => number
}

/** What `inspect` answers, without what the engine itself knows. */
export type BrokerState = Omit<ChannelState, 'mismatches' | 'dedupeEvicted' | 'dedupeConflicts'>

/** What every channel has, whatever its kind. Declaring, dedupe windows and CLOSED are the engine's. */
export interface Broker {
  /** Of channels that survive: resolves when everything told so far is on disk; STORE_FAILED when that fails. */
  flushed?(): Promise<void>
  inspect(): BrokerState
  /** Removes all that waits or is leased; gives how many. */
  purge(): number
  /** undefined: messages of this channel cannot die. */
  readonly dead: DeadLetterStore | undefined
  /** Ends every sink, peer and acceptor with CLOSED and cancels all timers. Called once. */
  close(): void
}

/** Serves one event, queue or stream channel: `createEvents`, `createQueue`, `createLog`. */
export interface ChannelBroker extends Broker {
  publish(request: PublishRequest): MaybePromise<Receipt>
  consume(request: ConsumeRequest, sink: Sink): EngineConsumer
}

/** Serves one request or pair channel: `createExchanges`. */
export interface ExchangeBroker extends Broker {
  open(request: OpenRequest, peer: Peer): Exchange
  accept(request: AcceptRequest, accept: Accept, ended: (reason: BusErrorCode) => void): EngineAcceptor
}

/** The signature of `createPlainEvents`, `createTrackedEvents`, `createQueue` and `createLog`. */
export type CreateChannelBroker = (channel: Channel, host: PartHost) => ChannelBroker

/** The same for channels that survive; it reads the journal first, and asks the dedupe window itself. */
export type CreateDurableBroker = (
  channel: Channel,
  host: PartHost,
  store: Store,
  dedupe: DedupeWindow | undefined,
) => ChannelBroker

/** The signature of `createExchanges` in exchange.ts. */
export type CreateExchangeBroker = (channel: Channel, host: PartHost) => ExchangeBroker

/** How a message left a group. */
export type Ending = 'done' | 'dropped' | 'dead' | 'expired' | 'purged'

/** Counts of a channel that only grow, except `dead`; its groups write them, `inspect` reads them. */
export interface Tally extends Record<Ending, number> {
  /** Offered to groups: one per group that got a copy. */
  received: number
  redriven: number
}

/** What a message went through in a group. */
export interface History {
  readonly acquired: number
  readonly failed: number
  readonly firstFailure: Failure | undefined
  readonly lastFailure: Failure | undefined
}

/** How a message is put into a group. */
export interface Offer {
  readonly offset?: number | undefined
  readonly delayMs?: number | undefined
  readonly priority?: number | undefined
  /** Of a message that comes back into memory. */
  readonly history?: History | undefined
  /** How long ago it was due, as far as its time to live is concerned. Default 0. */
  readonly ageMs?: number | undefined
}

/** Where a group notes what must survive; messages are named by their offset. */
export interface Ledger {
  leased(offset: number): void
  /** The lease ended and nothing else was said. */
  returned(offset: number): void
  /** A try failed; `entry.failed` counts it already. */
  failed(entry: Entry, delayMs: number): void
  gone(offset: number, ending: Exclude<Ending, 'dead'>): void
  /** Called before deliveries leave: what was noted survives the end of the process from here on. */
  write(): void
}

/** What a group is made with (`createGroupQueue` in group-queue.ts). */
export interface GroupQueueOptions {
  readonly channel: Channel
  /** Name for dead letters; undefined for queues and for consumers without a group. */
  readonly group: string | undefined
  readonly tally: Tally
  readonly dead: Pick<DeadLetterStore, 'bury' | 'onRoom'>
  /** One message of a key at a time. Default: what the channel promises. */
  readonly ordered?: boolean
  /** Nothing may wait once its last member is gone: what is left counts as dropped. Default false. */
  readonly transient?: boolean
  /** Given for groups that survive: their messages have offsets, and their owner counts what was received. */
  readonly ledger?: Ledger | undefined
  /** Takes a dead letter back, instead of the group itself; false when that is impossible. */
  readonly readmit?: Readmit | undefined
  /**
   * Called once for each message that left for good, whatever way. A redriven letter comes in again by itself and
   * is reported a second time. Streams move their commit here and offer the next records.
   */
  readonly onSettled?: (message: Message, offset: number | undefined, ending: Ending) => void
  /** Called when the last member has left; a member that stopped has left. */
  readonly onEmpty?: () => void
}

/** Leases, attempts, retries, order per key and dead letters of one group of consumers, whatever feeds it. */
export interface GroupQueue {
  /** Messages offered and not settled: ready, delayed, leased. A stream keeps this below its window. */
  readonly held: number
  readonly heldBytes: number
  readonly ready: number
  readonly delayed: number
  readonly leased: number
  readonly members: number
  /** Whether a message of so many bytes fits the limits; `offer` does not ask. */
  hasRoom(size: number): boolean
  /** Takes a message in, counted as received unless there is a ledger. Never delivers in the caller's stack. */
  offer(message: Message, options?: Offer): void
  /** Adds a member; with a `pattern`, one that takes only messages whose address fits. */
  join(sink: Sink, pattern?: string): EngineConsumer
  /** Removes everything, leased messages too (their sinks hear `lost`); gives how many. */
  purge(): number
  /** Ends the members that have not stopped, forgets everything, cancels timers. */
  close(reason: BusErrorCode): void
}

/** What of an entry its dead letter keeps, so that it can go back. */
export type Grounds = Pick<Entry, 'offset' | 'priority'>

/** Puts a message back with attempts reset; false leaves the letter, which has that number, where it is. */
export type Readmit = (message: Message, grounds: Grounds, letter: number) => boolean

/** A message that is to be buried, and how it comes back. */
export interface Burial {
  readonly record: DeadLetterRecord
  readonly size: number
  readonly grounds: Grounds
  /** Of groups that survive: which one. */
  readonly index?: number
  readonly revive: Readmit
}

/** Where the dead letters note what must survive. */
export interface LetterLedger {
  /** Gives the record as it is to be kept. */
  buried(letter: number, burial: Burial): DeadLetterRecord
  discarded(letters: readonly number[]): void
  /** The letter is no more, whatever became of it. */
  removed(letter: number): void
}

/** The dead letters of one channel (`createDeadLetters` in dead-letters.ts). */
export interface DeadLetterStore {
  readonly size: number
  /** False when the store is full: the message must stay where it is until `onRoom`. */
  bury(burial: Burial): boolean
  /** Takes in a letter of an earlier run, full or not; it was counted before. */
  restore(letter: number, burial: Burial): void
  /** Calls `fn` once, when there is room again. */
  onRoom(fn: () => void): void
  list(
    after: string | undefined,
    limit: number,
  ): { readonly letters: readonly DeadLetterRecord[]; readonly next: string | undefined }
  redrive(ids: readonly string[] | undefined, body: Message['body'] | undefined): number
  discard(ids: readonly string[] | undefined): number
  /** Takes a letter out that left in an earlier run. */
  forget(letter: number): void
  /** Number of the latest letter. */
  last: number
}
