/** Reads messages back: a block of the file at a time, a few blocks kept; a block never changes, so messages are views of it. */

import { BusError, type Place, type Stored } from 'busbar/transport'
import { type FileId, isNoDescriptor } from './disk.js'
import { copyAt, MessageForm } from './message-form.js'
import { placeAt, positionOf, segmentOf } from './place.js'
import { checksumSeed, isIntact, recordHeaderBytes, recordLength, recordType } from './record-format.js'
import type { RecordWriter } from './record-writer.js'
import type { SegmentFiles } from './segment-files.js'
import type { Segments } from './segments.js'

const windowBytes = 256 * 1024
/** One for each reader that goes its own way, up to so many. */
const keptWindows = 4

interface Window {
  readonly segment: number
  readonly start: number
  readonly end: number
  readonly data: Buffer
}

export class ReadWindows {
  /** The one that was used last comes first. */
  private readonly windows: Window[] = []
  private readonly form: MessageForm

  constructor(
    private readonly files: SegmentFiles,
    private readonly segments: Segments,
    private readonly writer: RecordWriter,
    channelName: string,
    private readonly salt: number,
    private readonly activeFile: () => FileId,
  ) {
    this.form = new MessageForm(channelName)
  }

  /** STORE_CORRUPT unless there is an intact record with a message. */
  message(place: Place): Stored {
    const segment = segmentOf(place)
    const position = positionOf(place)
    const window = this.record(segment, position)
    const at = position - window.start
    const end = at + recordLength(window.data, at)
    const stored = this.stored(window.data, at, end, place)
    if (stored === undefined) throw this.damaged(segment, position)
    return stored
  }

  /** The messages from a place on until their records have about `bytes`; copies in notes are left out. */
  messages(from: Place, bytes: number): Stored[] {
    const found: Stored[] = []
    // The file of a segment that was let go may be gone already.
    const { needed } = this.segments
    const isBefore = segmentOf(from) < needed
    let segment = isBefore ? needed : segmentOf(from)
    let position = isBefore ? 0 : positionOf(from)
    let left = bytes
    while (left > 0) {
      if (position >= this.limit(segment)) {
        if (segment >= this.writer.segment) break
        segment++
        position = 0
        continue
      }
      const window = this.record(segment, position)
      const { data } = window
      // As long as whole records are in the window, nothing needs to be looked up.
      for (let at = position - window.start; left > 0; ) {
        const length = at + recordHeaderBytes <= data.length ? recordLength(data, at) : 0
        const end = at + length
        if (length === 0 || end > data.length) break
        if (!isIntact(data, at, end, checksumSeed(this.salt, segment, position)))
          throw this.damaged(segment, position)
        if (data[at + 5] === recordType.message) {
          found.push(this.form.stored(data, at + recordHeaderBytes, end, placeAt(segment, position)))
          left -= length
        }
        at = end
        position += length
      }
    }
    return found
  }

  /** Undefined for a record that is damaged or has no message. */
  private stored(data: Buffer, at: number, end: number, place: Place): Stored | undefined {
    if (!isIntact(data, at, end, checksumSeed(this.salt, segmentOf(place), positionOf(place))))
      return undefined
    const type = data[at + 5]
    const body = at + recordHeaderBytes
    if (type === recordType.message) return this.form.stored(data, body, end, place)
    const copy = type === recordType.note ? copyAt(data, body) : end
    return copy < end ? this.form.stored(data, copy, end, place) : undefined
  }

  /** A window with the whole record that begins at `position`. */
  private record(segment: number, position: number): Window {
    const held = this.windows[0]
    let window = held !== undefined && holds(held, segment, position) ? held : this.find(segment, position)
    const length = recordLength(window.data, position - window.start)
    if (length === 0 || position + length > this.limit(segment)) throw this.damaged(segment, position)
    if (position + length > window.end) window = this.load(segment, position, length)
    return window
  }

  private find(segment: number, position: number): Window {
    const index = this.windows.findIndex((window) => holds(window, segment, position))
    if (index < 0) return this.load(segment, position, recordHeaderBytes)
    const [window] = this.windows.splice(index, 1) as [Window]
    this.windows.unshift(window)
    return window
  }

  private load(segment: number, position: number, atLeast: number): Window {
    const { writer } = this
    const limit = this.limit(segment)
    const length = Math.min(Math.max(windowBytes, atLeast), limit - position)
    if (length < atLeast) throw this.damaged(segment, position)
    let data: Buffer
    if (segment === writer.segment && position >= writer.position) {
      const start = position - writer.position
      data = Buffer.allocUnsafeSlow(length)
      writer.buffer.copy(data, 0, start, start + length)
    } else {
      const written = segment === writer.segment ? Math.min(length, writer.position - position) : length
      data = this.readFile(segment, position, written)
    }
    const window = { segment, start: position, end: position + data.length, data }
    this.windows.unshift(window)
    if (this.windows.length > keptWindows) this.windows.pop()
    return window
  }

  private readFile(segment: number, position: number, length: number): Buffer {
    const { files } = this
    const data = Buffer.allocUnsafeSlow(length)
    const read = (file: FileId): number => files.disk.read(file, data, 0, length, position)
    try {
      const isActive = segment === this.writer.segment
      const bytes = isActive ? read(this.activeFile()) : files.with(segment, 'read', read)
      if (bytes === length) return data
    } catch (error) {
      if (isNoDescriptor(error))
        throw new BusError('LIMIT_EXCEEDED', `${files.path(segment)} cannot be opened: too many open files.`)
      throw files.corrupt(segment, position, `the file cannot be read (${String(error)})`)
    }
    throw this.damaged(segment, position)
  }

  /** Where the records of a segment end; 0 for one that was let go. */
  private limit(segment: number): number {
    return segment === this.writer.segment ? this.writer.wholeEnd : (this.segments.get(segment)?.bytes ?? 0)
  }

  private damaged(segment: number, position: number): BusError {
    return this.files.corrupt(segment, position, 'no intact message begins there')
  }
}

/** Whether at least the head of the record at `position` is in the window. */
function holds(window: Window, segment: number, position: number): boolean {
  return window.segment === segment && position >= window.start && position + recordHeaderBytes <= window.end
}
