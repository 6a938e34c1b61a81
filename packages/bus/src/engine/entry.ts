/** A message on its way through one group, and the linked list in which it stands. */

import type { DeadReason, Failure } from '../outcome.js'
import type { Message } from '../transport.js'
import type { Member } from './member.js'

/** `parked`: behind another message of its key. `blocked`: dead, but the dead letters are full. */
export type EntryState = 'new' | 'ready' | 'parked' | 'delayed' | 'leased' | 'blocked' | 'gone'

export interface Entry {
  readonly message: Message
  readonly offset: number | undefined
  readonly priority: number
  readonly size: number
  /** Place in the line; lower is earlier. */
  seq: number
  state: EntryState
  failed: number
  /** How often it was leased, those included that a crash of the process undid. */
  acquired: number
  firstFailure: Failure | undefined
  lastFailure: Failure | undefined
  /** Monotonic ms; 0 before it was due for the first time. */
  expiresAt: number
  /** Names it among the messages that can expire. */
  expiryKey: number
  /** Set while `blocked`. */
  deadReason: DeadReason | undefined
  /** Monotonic ms: end of the delay, or of the lease. */
  until: number
  token: number
  owner: Member | undefined
  previous: Entry | undefined
  next: Entry | undefined
  list: EntryLine | undefined
  /** Where it stands in a heap. */
  index: number
}

/** Entries in the order of their places. */
export interface EntryLine {
  readonly first: Entry | undefined
  /** Adds one whose place is behind that of all others, or that finds its place by itself. */
  push(entry: Entry): void
  /** Adds one before `at`; at the end without it. */
  insert(entry: Entry, at: Entry | undefined): void
  shift(): Entry | undefined
  remove(entry: Entry): void
}

export function createEntry(
  message: Message,
  size: number,
  offset: number | undefined,
  priority: number,
): Entry {
  return {
    message,
    offset,
    priority,
    size,
    seq: 0,
    state: 'new',
    failed: 0,
    acquired: 0,
    firstFailure: undefined,
    lastFailure: undefined,
    expiresAt: 0,
    expiryKey: 0,
    deadReason: undefined,
    until: 0,
    token: 0,
    owner: undefined,
    previous: undefined,
    next: undefined,
    list: undefined,
    index: 0,
  }
}

/** A doubly linked list through the entries themselves: removal anywhere is one step. */
export class EntryList implements EntryLine {
  first: Entry | undefined
  #last: Entry | undefined

  push(entry: Entry): void {
    entry.list = this
    entry.previous = this.#last
    if (this.#last === undefined) this.first = entry
    else this.#last.next = entry
    this.#last = entry
  }

  insert(entry: Entry, at: Entry | undefined): void {
    if (at === undefined) {
      this.push(entry)
      return
    }
    entry.list = this
    entry.next = at
    entry.previous = at.previous
    if (at.previous === undefined) this.first = entry
    else at.previous.next = entry
    at.previous = entry
  }

  shift(): Entry | undefined {
    const entry = this.first
    if (entry !== undefined) this.remove(entry)
    return entry
  }

  remove(entry: Entry): void {
    if (entry.previous === undefined) this.first = entry.next
    else entry.previous.next = entry.next
    if (entry.next === undefined) this.#last = entry.previous
    else entry.next.previous = entry.previous
    entry.previous = entry.next = entry.list = undefined
  }
}
