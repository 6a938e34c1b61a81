/** An inbox in files: a small keyed state of the handlers, and the marks of their messages, in one record each time. */

import type { InboxStore } from '@busbar/inbox'
import { BusError, type Clock, type OpenedStore, systemClock } from 'busbar/transport'
import { openStore, type StoreOptions } from '../open-store.js'
import { type FileTransaction, OpenTransaction, parsedText } from './file-transaction.js'
import { requireInbox } from './inbox-channel.js'
import { InboxJournal, type InboxLimits } from './inbox-journal.js'
import type { Json } from './json-text.js'

/** Those of the store, whose directory belongs to this inbox alone, and how much is remembered. */
export interface FileInboxOptions extends StoreOptions {
  /** How long an id is remembered, in ms; default 86,400,000 (a day). */
  readonly keepMs?: number
  /** Ids remembered at most, 24 MiB of them at most; beyond, the oldest goes before its time. Default 100,000. */
  readonly maxIds?: number
}

/** Marks and state are in memory as well. Effects run one at a time: what one has read, no other changes meanwhile. */
export interface FileInbox extends InboxStore<FileTransaction>, AsyncDisposable {
  /**
   * As of every inbox; resolves when the mark and the changes are on disk. Below the low-water mark of the disk it goes
   * on, as consuming does; without any room it waits. Rejects with what the effect throws, with STORE_FAILED or CLOSED,
   * with LIMIT_EXCEEDED when all state would be more than 32 MiB of JSON, and with TOO_LARGE when the changes are more
   * than 16 MiB.
   */
  run(scope: string, id: string, effect: (tx: FileTransaction) => Promise<void>): Promise<boolean>
  /** A copy of the value of a key as a restart would find it; undefined when there is none. */
  get(key: string): Json | undefined
  /** Ids remembered now. */
  readonly size: number
  /** Ids forgotten before their time since it was opened. */
  readonly forgotten: number
  /** Resolves with STORE_FAILED when the disk has failed: nothing is handled any more; never settles while all is well. */
  readonly failed: Promise<BusError>
  /**
   * Lets the effect that runs finish and refuses the others with CLOSED; then closes the store, and rejects with what
   * that rejects with: STORE_FAILED, STORE_FULL. Idempotent.
   */
  close(): Promise<void>
}

/**
 * Opens the inbox in a directory, for this process alone. INVALID_OPTION, and what a store is opened with: STORE_LOCKED,
 * STORE_UNUSABLE (for the store of a hub, too), STORE_CORRUPT, STORE_FULL.
 */
export async function fileInbox(options: FileInboxOptions): Promise<FileInbox> {
  const { keepMs = 86_400_000, maxIds = 100_000, ...storeOptions } = options
  requireWhole('keepMs', keepMs)
  requireWhole('maxIds', maxIds)
  const store = await openStore(storeOptions)
  try {
    requireInbox(store, options.dir)
    return new OpenInbox(store, options.clock ?? systemClock, { keepMs, maxIds })
  } catch (error) {
    // What went wrong first is what the caller must know.
    await store.close().catch(() => undefined)
    throw error
  }
}

class OpenInbox implements FileInbox {
  readonly failed: Promise<BusError>
  private readonly journal: InboxJournal
  /** Ends when all effects that were asked for so far are over. */
  private turn: Promise<void> = Promise.resolve()
  /** Settles when all that was committed so far is on disk. */
  private onDisk: Promise<void> = Promise.resolve()
  private closing: Promise<void> | undefined

  constructor(
    private readonly store: OpenedStore,
    clock: Clock,
    limits: InboxLimits,
  ) {
    this.failed = store.failed
    this.journal = new InboxJournal(store, clock, limits)
  }

  async run(scope: string, id: string, effect: (tx: FileTransaction) => Promise<void>): Promise<boolean> {
    const before = this.turn
    let end = (): void => undefined
    this.turn = new Promise((resolve) => {
      end = resolve
    })
    await before
    let isFirst: boolean
    let onDisk: Promise<void>
    try {
      // Neither part has control characters, so no two marks are alike.
      isFirst = await this.handle(`${scope}\n${id}`, effect)
      onDisk = this.onDisk
    } finally {
      end()
    }
    // The next effect need not wait for the disk: its record comes after this one or not at all. But a copy that is told
    // "done before" may be acknowledged, so it does.
    await onDisk
    return isFirst
  }

  get(key: string): Json | undefined {
    return parsedText(this.journal.state.durable(key))
  }

  get size(): number {
    this.journal.prune()
    return this.journal.marks.size
  }

  get forgotten(): number {
    return this.journal.marks.forgotten
  }

  close(): Promise<void> {
    this.closing ??= this.turn.then(() => this.store.close())
    return this.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async handle(mark: string, effect: (tx: FileTransaction) => Promise<void>): Promise<boolean> {
    this.requireOpen()
    if (this.journal.isMarked(mark)) return false
    const tx = new OpenTransaction((key) => this.journal.state.committed(key))
    try {
      await effect(tx)
    } finally {
      tx.end()
    }
    this.onDisk = this.journal.commit(mark, tx.end())
    return true
  }

  private requireOpen(): void {
    if (this.closing !== undefined) throw new BusError('CLOSED', 'The inbox was closed.')
    const { refusal } = this.store
    if (refusal?.code === 'STORE_FAILED') throw refusal
  }
}

function requireWhole(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return
  throw new BusError(
    'INVALID_OPTION',
    `fileInbox() was given ${option}: ${String(value)}, it must be a whole number of at least 1.`,
    { details: { option } },
  )
}
