/** Brings the files of one journal to disk in rounds; what is written while one runs is for the next. */

import type { Place } from 'busbar/transport'
import type { Disk, FileId } from './disk.js'
import { placeAt } from './place.js'
import type { SegmentFiles } from './segment-files.js'

/** What a round ends with. */
export interface SyncEvents {
  synced(): void
  /** Nothing may be synced after that. */
  failed(error: unknown): void
}

/** Order matters: a file is synced before those that were begun after it, and the directory last. */
export class SyncLoop {
  /** Everything before this place is on disk. */
  durable: Place
  isRunning = false
  /** The file that is written to. */
  active: FileId
  private readonly dir: FileId
  private sealed: FileId[] = []
  private hasNewNames = false
  private onIdle: (() => void) | undefined

  /** Everything is on disk, up to `position` of the last file. */
  constructor(
    private readonly disk: Disk,
    files: SegmentFiles,
    segment: number,
    position: number,
    private readonly events: SyncEvents,
  ) {
    this.dir = disk.openDir(files.dir)
    this.active = files.open(segment, 'write')
    this.durable = placeAt(segment, position)
  }

  /** Goes on with a new file; the old one is closed once it is synced. */
  moveTo(file: FileId): void {
    this.sealed.push(this.active)
    this.active = file
    this.hasNewNames = true
  }

  /** Starts a round for everything before `written`; not while one runs. */
  start(written: Place): void {
    this.run(this.round(), () => {
      this.durable = Math.max(this.durable, written)
    })
  }

  /** Starts a round that makes a removed name stay removed; not while one runs. */
  forget(removed: () => void): void {
    this.run(this.disk.datasync(this.dir), removed)
  }

  /** The same, and returns when it is done; not while a round runs. */
  syncNow(written: Place): void {
    for (const file of this.sealed) this.disk.sync(file)
    this.disk.sync(this.active)
    if (this.hasNewNames) this.disk.sync(this.dir)
    this.hasNewNames = false
    this.closeSealed(this.sealed.length)
    this.durable = Math.max(this.durable, written)
  }

  /** Resolves when no round runs; at most one caller. */
  idle(): Promise<void> {
    if (!this.isRunning) return Promise.resolve()
    return new Promise((resolve) => {
      this.onIdle = resolve
    })
  }

  /** Closes the files as soon as no round uses them. */
  close(): void {
    if (this.isRunning) this.onIdle = () => this.closeAll()
    else this.closeAll()
  }

  private run(round: Promise<void>, done: () => void): void {
    this.isRunning = true
    round.then(
      () => {
        done()
        this.end()
        this.events.synced()
      },
      (error: unknown) => {
        this.end()
        this.events.failed(error)
      },
    )
  }

  private async round(): Promise<void> {
    const { active, hasNewNames } = this
    const sealed = this.sealed.length
    this.hasNewNames = false
    // The common case is one promise only.
    for (let i = 0; i < sealed; i++) await this.disk.datasync(this.sealed[i] as FileId)
    await this.disk.datasync(active)
    if (hasNewNames) await this.disk.datasync(this.dir)
    this.closeSealed(sealed)
  }

  private closeSealed(count: number): void {
    for (const file of this.sealed.splice(0, count)) this.disk.close(file)
  }

  private closeAll(): void {
    this.closeSealed(this.sealed.length)
    this.disk.close(this.active)
    this.disk.close(this.dir)
  }

  private end(): void {
    this.isRunning = false
    const { onIdle } = this
    this.onIdle = undefined
    onIdle?.()
  }
}
