/** The open journals of a store, by channel. */

import { BusError, type Channel, type Journal, type JournalOwner } from 'busbar/transport'
import { type ChannelDirs, channelDirName } from './channel-dirs.js'
import { errorCode, isNoDescriptor, isNoSpace } from './disk.js'
import { FileJournal } from './journal.js'
import { placeAt, positionOf, segmentOf } from './place.js'
import { journalSalt } from './record-format.js'
import { type Recovered, recover } from './recovery.js'
import { cutTail, syncFound } from './repair.js'
import { SegmentFiles } from './segment-files.js'
import { newSegment } from './segments.js'
import type { StoreCore } from './store-core.js'
import { type End, type StoreDir, translated } from './store-dir.js'

/** Errors that say what is wrong with the directory, and nothing about the disk. */
const refusals: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENAMETOOLONG'])

export class JournalBook {
  private readonly journals = new Map<string, FileJournal>()
  /** The declarations on disk, as JSON. */
  private readonly declared: Map<string, string>
  private readonly ends: Map<string, End>
  private isClosed = false

  constructor(
    private readonly core: StoreCore,
    private readonly dirs: ChannelDirs,
    private readonly storeDir: StoreDir,
    channels: readonly Channel[],
  ) {
    this.declared = new Map(channels.map((channel) => [channel.name, JSON.stringify(channel)]))
    this.ends = new Map(Object.entries(storeDir.ends))
    void core.failed.then(() => {
      for (const journal of this.journals.values()) core.soon(journal)
    })
  }

  open(channel: Channel, owner: JournalOwner): Journal {
    const { core, journals } = this
    if (this.isClosed) throw new BusError('CLOSED', 'The store was closed.', { outcome: 'rejected' })
    if (core.failure !== undefined) throw core.failure
    this.closeOne(channel.name)
    const dir = this.dirs.path(channel.name)
    try {
      const journal = this.recovered(channel, owner)
      journals.set(channel.name, journal)
      return journal
    } catch (error) {
      if (isNoDescriptor(error))
        throw new BusError('LIMIT_EXCEEDED', `${dir} cannot be opened: too many open files.`, {
          cause: error,
        })
      const code = error instanceof BusError ? undefined : errorCode(error)
      if (code !== undefined && !isNoSpace(error) && !refusals.has(code)) core.fail(error, dir)
      if (core.failure !== undefined) throw core.failure
      return translated(dir, () => {
        throw error
      })
    }
  }

  /** Closes all of them in order, and notes their ends unless the disk failed. */
  async close(): Promise<void> {
    this.isClosed = true
    const { core, storeDir } = this
    let unwritten: string | undefined
    for (const [name, journal] of this.journals) {
      const end = await journal.close()
      this.noteEnd(name, end)
      if (end === undefined) unwritten ??= name
    }
    core.space.close()
    try {
      if (core.failure === undefined) storeDir.note(Object.fromEntries(this.ends))
    } catch (error) {
      // Everything is on disk; only the proof that nothing is missing could not be noted.
      core.log('warn', 'store-ends-not-noted', { reason: String(error) })
    }
    storeDir.unlock()
    if (core.failure !== undefined) throw core.failure
    if (unwritten !== undefined)
      throw new BusError('STORE_FULL', `There was no room to write the last of ${unwritten}.`, {
        outcome: 'unknown',
      })
  }

  private closeOne(name: string): void {
    const before = this.journals.get(name)
    if (before === undefined) return
    this.journals.delete(name)
    this.noteEnd(name, before.closeNow())
  }

  private noteEnd(name: string, end: number | undefined): void {
    if (end !== undefined) this.ends.set(channelDirName(name), [segmentOf(end), positionOf(end)])
  }

  private recovered(channel: Channel, owner: JournalOwner): FileJournal {
    const { core, dirs } = this
    const { disk, log } = core
    const { name } = channel
    const files = new SegmentFiles(disk, dirs.path(name))
    const salt = journalSalt(this.storeDir.salt, name)
    let recovered: Recovered = { segments: [], attested: 0, tail: undefined }
    if (disk.facts(files.dir) !== undefined) {
      const [segment, position] = this.ends.get(channelDirName(name)) ?? [0, 0]
      const closedAt = placeAt(segment, position)
      recovered = recover({ files, channelName: name, salt, closedAt, owner })
      cutTail(files, recovered, log)
      syncFound(files, recovered)
    }
    this.declare(channel)
    if (recovered.segments.length === 0) {
      disk.close(files.open(1, 'create'))
      files.syncDir()
      recovered = { ...recovered, segments: [newSegment(1, true)] }
    }
    return new FileJournal({ core, files, channelName: name, salt, owner, recovered })
  }

  private declare(channel: Channel): void {
    const json = JSON.stringify(channel)
    if (this.declared.get(channel.name) === json) return
    this.dirs.make(channel.name)
    this.dirs.declare(channel)
    this.declared.set(channel.name, json)
  }
}
