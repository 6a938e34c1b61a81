/** The seam of a store: the engine tells a journal what must survive, and hears the same words again after a restart. */

import type { Channel } from '../channel.js'
import type { BusError } from '../errors.js'
import type { Message } from '../transport.js'

/** Where a record stands in its journal; its order is that of the records. Valid until it was moved or released. */
export type Place = number

/** What the engine notes beside a message. */
export interface Facts {
  /** Counts the messages of a channel from 0, without gaps. */
  readonly offset: number
  /** When it was taken in: wall ms of the journal's own time, never decreasing. */
  readonly time: number
  readonly delayMs: number
  /** 0 to 9. */
  readonly priority: number
}

/** A message as it is read back. */
export interface Stored extends Facts {
  readonly place: Place
  readonly message: Message
}

/** What happened to one message in one group; the commonest changes, which are written in runs. */
export type Mark = 'leased' | 'returned' | 'done' | 'dropped' | 'expired' | 'purged'

/** Everything rarer, as JSON; what its fields mean is the engine's own business. */
export type Note = Readonly<Record<string, unknown>> & { readonly op: string }

/** The words of a journal. The engine says them while it runs; a journal says them back, in order, when it is opened. */
export interface JournalReader {
  /** The message is only good during the call. */
  message(stored: Stored): void
  mark(mark: Mark, group: number, offset: number): void
  /** `stored` is the copy of a message that was noted with it, and can be read again at its place. */
  note(note: Note, stored: Stored | undefined): void
}

/** What a journal asks of its owner while it runs. */
export interface JournalOwner extends JournalReader {
  /** What a new segment begins with: all that older records say and that is not about single messages still held. */
  checkpoint(): Note
  /** Adds again everything that is held at places from `from` up to, not including, `to`, and releases those places. */
  evacuate(from: Place, to: Place): void
}

/**
 * The history of one durable channel, appended to and never rewritten. Every call but `whenDurable` and `read` only
 * gathers: what was gathered in one turn is written at its end, and is on disk when `whenDurable` says so.
 */
export interface Journal {
  message(facts: Facts, message: Message): Place
  mark(mark: Mark, group: number, offset: number): void
  /** Adds a note; with a copy of a message, which can be read again at the place it gives. */
  note(note: Note, copy?: Facts & { readonly message: Message }): Place
  /** Hands what was gathered to the operating system now: a kill of the process does not undo it any more. */
  write(): void
  /**
   * Calls `fn` once everything told so far is on disk, in the order of the calls and never in the caller's stack; with
   * STORE_FAILED, outcome unknown, when that will not happen.
   */
  whenDurable(fn: (failure: BusError | undefined) => void): void
  /**
   * The message at a place, of its own or beside a note; reads ahead, so that neighbours cost nothing. STORE_CORRUPT
   * when it is damaged.
   */
  read(place: Place): Stored
  /** The messages from a place on, in order, until about `bytes` were read; fewer at the end of what was written. */
  readFrom(place: Place, bytes: number): readonly Stored[]
  /** Somebody needs the record at `place`: its segment stays. Counted. */
  hold(place: Place): void
  release(place: Place): void
}

/** Opened once per engine, before it serves anybody. */
export interface Store {
  /** Counts the starts on this store, from 1: tokens of an earlier run are never taken for new ones. */
  readonly epoch: number
  /** The channels of earlier runs, as last declared. */
  readonly channels: readonly Channel[]
  /**
   * Opens the journal of a channel, says to `owner` everything it holds before it returns, and keeps `channel` as its
   * declaration from now on. Places are held anew each time, in the turn of the opening. Opening one a second time
   * closes the first. STORE_CORRUPT when it is damaged.
   */
  open(channel: Channel, owner: JournalOwner): Journal
  /** Why nothing new is taken in: STORE_FULL below the low-water mark, STORE_FAILED; undefined while all is well. */
  readonly refusal: BusError | undefined
}

/** A store in the hands of whoever opened it. */
export interface OpenedStore extends Store {
  /** Brings everything told so far to disk and lets go of it. Idempotent; rejects with STORE_FAILED when it could not. */
  close(): Promise<void>
  /** Resolves with STORE_FAILED when the disk has failed; never settles while all is well. */
  readonly failed: Promise<BusError>
}

/** Opens a store, as `fileStore({ dir })` does. Rejects with STORE_LOCKED, STORE_UNUSABLE or STORE_CORRUPT. */
export type OpenStore = () => Promise<OpenedStore>
