/** The journal of one channel: gathers what it is told, writes it at the end of the turn, and has it synced. */

import type { Facts, Journal, JournalOwner, Mark, Message, Note, Place, Stored } from 'busbar/transport'
import { BusError, isBusError } from 'busbar/transport'
import { Appender } from './appender.js'
import { placeAt, positionOf, segmentOf } from './place.js'
import { ReadWindows } from './read-windows.js'
import { type Copy, RecordWriter } from './record-writer.js'
import type { Recovered } from './recovery.js'
import type { SegmentFiles } from './segment-files.js'
import { placesOf, Segments } from './segments.js'
import type { StoreCore } from './store-core.js'
import { SyncLoop } from './sync-loop.js'
import { Waiters } from './waiters.js'

/** More than this is written before the end of the turn. */
const gatheredBytes = 1024 * 1024

export interface JournalOptions {
  readonly core: StoreCore
  readonly files: SegmentFiles
  readonly channelName: string
  readonly salt: number
  readonly owner: JournalOwner
  readonly recovered: Recovered
}

export class FileJournal implements Journal {
  private readonly core: StoreCore
  private readonly files: SegmentFiles
  private readonly owner: JournalOwner
  private readonly segments = new Segments()
  private readonly writer: RecordWriter
  private readonly appender: Appender
  private readonly windows: ReadWindows
  private readonly loop: SyncLoop
  private readonly waiters = new Waiters()
  /** Something was told that is to be on disk soon, whether or not somebody waits for it. */
  private needsSync = false
  /** Where the last record said that everything was on disk. */
  private attested: Place
  /** Older segments may be removed once this place is on disk. */
  private dropped: { readonly needed: number; readonly place: Place }
  private wasRemoval = false
  private isClosing = false
  private ending: BusError | undefined

  /** The files are as `recovered` says; the active one exists. */
  constructor({ core, files, channelName, salt, owner, recovered }: JournalOptions) {
    this.core = core
    this.files = files
    this.owner = owner
    const { segments } = this
    for (const segment of recovered.segments) segments.add(segment)
    // Segments that were let go and are still there were told again: who holds what in them may have changed.
    this.dropped = { needed: 0, place: 0 }
    const { number, bytes } = segments.active
    this.attested = bytes === 0 ? placeAt(number, 0) : recovered.attested
    const writer = new RecordWriter(channelName, salt, number, bytes)
    this.writer = writer
    this.windows = new ReadWindows(files, segments, writer, channelName, salt, () => this.loop.active)
    this.loop = new SyncLoop(core.disk, files, number, bytes, {
      synced: () => this.synced(),
      failed: (error) => core.fail(error, files.dir),
    })
    const retry = (): void => core.soon(this)
    this.appender = new Appender({ core, files, segments, writer, loop: this.loop, retry })
    if (bytes === 0) {
      this.appender.begin()
      this.needsSync = true
    }
    core.soon(this)
  }

  message(facts: Facts, message: Message): Place {
    this.appender.makeRoom()
    const place = this.writer.message(facts, message)
    this.segments.active.messages++
    this.told(true)
    return place
  }

  mark(mark: Mark, group: number, offset: number): void {
    this.appender.makeRoom()
    this.writer.mark(mark, group, offset)
    // Nothing is lost with these: the message is delivered again.
    this.told(mark !== 'leased' && mark !== 'returned')
  }

  note(note: Note, copy?: Copy): Place {
    this.appender.makeRoom()
    const place = this.writer.note(note, copy)
    if (copy !== undefined) this.segments.active.messages++
    this.told(true)
    return place
  }

  write(): void {
    this.appender.write()
  }

  whenDurable(fn: (failure: BusError | undefined) => void): void {
    this.waiters.add(this.appender.end, fn)
    this.core.soon(this)
  }

  read(place: Place): Stored {
    try {
      return this.windows.message(place)
    } catch (error) {
      throw this.unread(error)
    }
  }

  readFrom(place: Place, bytes: number): readonly Stored[] {
    try {
      return this.windows.messages(place, bytes)
    } catch (error) {
      throw this.unread(error)
    }
  }

  hold(place: Place): void {
    this.segments.hold(place)
  }

  release(place: Place): void {
    if (this.segments.release(place)) this.core.soon(this)
  }

  /** Writes and syncs what was gathered; called when nobody is in the middle of telling something. */
  turnEnd(): void {
    const { appender, core, loop } = this
    const failure = core.failure ?? this.ending
    if (failure !== undefined) {
      appender.write()
      this.waiters.fail(failure)
      return
    }
    this.dropFree()
    this.attest()
    appender.write()
    const segment = this.segments.active
    appender.rollWhenDue(() => this.owner.checkpoint())
    if (segment !== this.segments.active) this.needsSync = true
    if (!loop.isRunning) this.next()
    this.waiters.settle(loop.durable)
    if (appender.isAllWritten) this.evacuate()
  }

  /** Brings everything to disk and ends; gives the end unless something is missing. */
  async close(): Promise<Place | undefined> {
    this.isClosing = true
    await this.loop.idle()
    return this.closeNow()
  }

  /** The same without waiting for a sync that runs. */
  closeNow(): Place | undefined {
    const { appender, core, loop, waiters } = this
    let end: Place | undefined
    try {
      // Some wait for what was on disk before.
      if (appender.isOpen) waiters.settle(loop.durable)
      this.syncAll()
      if (appender.isOpen && appender.isAllWritten) {
        this.attest()
        appender.write()
        loop.syncNow(appender.written)
        end = appender.written
      }
    } catch (error) {
      core.fail(error, this.files.dir)
    }
    appender.isEnded = true
    core.space.unstick(appender.retry)
    this.ending ??= new BusError('CLOSED', 'The journal was closed.', { outcome: 'unknown' })
    waiters.fail(core.failure ?? this.ending)
    loop.close()
    return core.failure === undefined ? end : undefined
  }

  /** Those who hear that it is on disk may have more to tell. */
  private syncAll(): void {
    const { appender, loop } = this
    while (appender.isOpen && (!appender.isAllWritten || loop.durable < appender.written)) {
      appender.write()
      if (!appender.isAllWritten) return
      if (appender.isOpen) loop.syncNow(appender.written)
      if (appender.isOpen) this.waiters.settle(loop.durable)
    }
  }

  /** What was told after the disk had failed is nowhere, and no sign of damage; damage ends the store. */
  private unread(error: unknown): unknown {
    const { failure } = this.core
    if (failure !== undefined) return failure
    if (isBusError(error, 'STORE_CORRUPT')) this.core.damaged(error, this.files.dir)
    return error
  }

  private told(needsSync: boolean): void {
    if (needsSync) this.needsSync = true
    if (this.writer.filled >= gatheredBytes) this.appender.writeUnlessStuck()
    this.core.soon(this)
  }

  private evacuate(): void {
    const range = this.segments.toEvacuate(4 * this.core.segmentBytes)
    if (range === undefined) return
    const { from, to } = placesOf(range)
    this.owner.evacuate(from, to)
  }

  /** Says on disk what may be removed, before it is removed. */
  private dropFree(): void {
    const needed = this.segments.free()
    if (needed === undefined) return
    this.writer.dropped(needed)
    this.dropped = { needed, place: this.appender.end }
    this.needsSync = true
  }

  /** Makes later damage to what is on disk tell itself from a write that a crash interrupted. */
  private attest(): void {
    const { durable } = this.loop
    if (durable <= this.attested) return
    this.attested = durable
    this.writer.synced(segmentOf(durable), positionOf(durable))
  }

  /** Starts the next round if there is something to do. */
  private next(): void {
    if (this.isClosing) return
    const { loop, appender, segments, dropped } = this
    const { written } = appender
    const last = this.waiters.last
    const isWanted = this.needsSync || (last !== undefined && last > loop.durable)
    const mayRemove = segments.first < dropped.needed && dropped.place <= loop.durable
    if (mayRemove && !(this.wasRemoval && isWanted)) {
      this.wasRemoval = true
      this.removeFirst()
    } else if (isWanted && written > loop.durable) {
      this.wasRemoval = false
      this.needsSync = !appender.isAllWritten
      loop.start(written)
    }
  }

  /** One at a time, oldest first: a crash must never leave an older one without a newer one. */
  private removeFirst(): void {
    try {
      this.files.unlink(this.segments.first)
    } catch (error) {
      this.core.fail(error, this.files.dir)
      return
    }
    this.loop.forget(() => this.segments.removeFirst())
  }

  private synced(): void {
    if (this.appender.isOpen) {
      this.appender.write()
      this.next()
      this.waiters.settle(this.loop.durable)
    }
    this.core.soon(this)
  }
}
