/** Puts what was gathered into the files of one journal, one segment after the other. */

import type { Note, Place } from 'busbar/transport'
import { isNoDescriptor, isNoSpace } from './disk.js'
import { placeAt } from './place.js'
import { lastPosition, longestCheckpoint } from './record-format.js'
import type { RecordWriter } from './record-writer.js'
import type { SegmentFiles } from './segment-files.js'
import { newSegment, type Segments } from './segments.js'
import type { StoreCore } from './store-core.js'
import type { SyncLoop } from './sync-loop.js'

export interface AppenderOptions {
  readonly core: StoreCore
  readonly files: SegmentFiles
  readonly segments: Segments
  readonly writer: RecordWriter
  readonly loop: SyncLoop
  /** Called some time after there was no room. */
  readonly retry: () => void
}

export class Appender {
  /** Nothing is written any more. */
  isEnded = false
  /** How much of the writer's buffer is in the file already; only when there was no room for the rest. */
  private sent = 0
  /** Where the content of the active segment begins, after what repeats older ones. */
  private contentFrom = 0

  constructor(private readonly options: AppenderOptions) {}

  get retry(): () => void {
    return this.options.retry
  }

  /** Everything before this place was handed to the system. */
  get written(): Place {
    const { writer } = this.options
    return placeAt(writer.segment, writer.position)
  }

  /** Everything told so far stands before this place. */
  get end(): Place {
    const { writer } = this.options
    return placeAt(writer.segment, writer.end)
  }

  get isAllWritten(): boolean {
    return this.options.writer.filled === 0
  }

  get isOpen(): boolean {
    return !this.isEnded && this.options.core.failure === undefined
  }

  /** The header of the very first segment. */
  begin(): void {
    this.options.writer.segmentHeader(1, 0)
    this.contentFrom = this.options.writer.end
  }

  /** Without room everything stays gathered, to be written at the same place later. */
  write(): void {
    const { writer, core, retry, files } = this.options
    writer.closeRun()
    if (this.isOpen && this.sent < writer.filled) {
      try {
        this.writeAll()
      } catch (error) {
        if (isNoSpace(error)) {
          core.space.stick(retry)
          return
        }
        core.fail(error, files.dir)
      }
      core.space.wrote(writer.filled)
      core.space.unstick(retry)
    }
    this.sent = 0
    writer.restart(writer.segment, writer.end)
  }

  /** In the middle of a turn; where there was no room, there is none yet. */
  writeUnlessStuck(): void {
    if (this.sent === 0) this.write()
  }

  /** Starts a new segment if the active one is long enough; to be called when the owner is not in the middle of a change. */
  rollWhenDue(checkpoint: () => Note): void {
    if (!this.isOpen || !this.isAllWritten) return
    const content = this.options.writer.position - this.contentFrom
    // Behind a long checkpoint follows at least as much again, or there would be little else.
    if (content < Math.max(this.options.core.segmentBytes, this.contentFrom)) return
    const json = Buffer.from(JSON.stringify(checkpoint()))
    // The owner may have told something meanwhile.
    this.write()
    const isTooLong = json.length > longestCheckpoint
    const { core, files } = this.options
    if (isTooLong) core.log('error', 'store-checkpoint-too-long', { dir: files.dir, bytes: json.length })
    this.roll(isTooLong ? undefined : json)
  }

  /** Makes room in the middle of a turn, without a checkpoint: the owner may be in the middle of a change. */
  makeRoom(): void {
    const { core, writer } = this.options
    if (writer.end < lastPosition) return
    this.write()
    this.roll(undefined)
    if (writer.end >= lastPosition && this.isOpen && core.space.refusal !== undefined)
      throw core.space.refusal
  }

  private writeAll(): void {
    const { writer, core, loop } = this.options
    const { buffer, filled, position } = writer
    while (this.sent < filled) {
      const left = filled - this.sent
      const bytes = core.disk.write(loop.active, buffer, this.sent, left, position + this.sent)
      if (bytes === 0) throw Object.assign(new Error('Nothing was written'), { code: 'ENOSPC' })
      this.sent += bytes
    }
  }

  private roll(checkpoint: Buffer | undefined): void {
    const { core, files, segments, writer, loop, retry } = this.options
    if (!this.isOpen || !this.isAllWritten) return
    const bytesBefore = writer.position
    const number = writer.segment + 1
    try {
      loop.moveTo(files.open(number, 'create'))
    } catch (error) {
      // Without room or without descriptors it stays in the old segment and tries again.
      if (isNoSpace(error)) core.space.stick(retry)
      else if (!isNoDescriptor(error)) core.fail(error, files.dir)
      return
    }
    segments.active.bytes = bytesBefore
    segments.add(newSegment(number, checkpoint !== undefined))
    writer.restart(number, 0)
    writer.segmentHeader(segments.needed, bytesBefore)
    if (checkpoint !== undefined) writer.checkpoint(checkpoint)
    this.contentFrom = writer.end
    this.write()
  }
}
