/** Reads a journal from its first record to its last, says it to the owner, and finds where it ends. */

import type { BusError, JournalReader, Place } from 'busbar/transport'
import { readMarks } from './mark-run.js'
import { MessageForm } from './message-form.js'
import { placeAt, positionOf, segmentOf } from './place.js'
import { formatVersion, recordType } from './record-format.js'
import { attestedBy, findAttested, type ScannedFile, scanRecords } from './record-scan.js'
import type { SegmentFiles } from './segment-files.js'
import { newSegment, type Segment } from './segments.js'

/** What is known of a journal before it is read. */
export interface RecoverOptions {
  readonly files: SegmentFiles
  readonly channelName: string
  readonly salt: number
  /** Where it ended when the store was last closed in order; 0 if it never was. */
  readonly closedAt: Place
  readonly owner: JournalReader
}

/** What was found. */
export interface Recovered {
  /** Oldest first; the last one's intact part ends at `bytes`. */
  readonly segments: readonly Segment[]
  /** Everything before this place is known to have been on disk. */
  readonly attested: Place
  /** What is left of a write that a crash interrupted: to be cut off together with all later segments. */
  readonly tail: { readonly segment: number; readonly position: number } | undefined
}

/** STORE_CORRUPT when something is damaged or missing that was on disk; changes nothing in any case. */
export function recover(options: RecoverOptions): Recovered {
  const { files, closedAt } = options
  const numbers = files.numbers()
  const walk = new Walk(options)
  let tail: Recovered['tail']
  for (const [index, number] of numbers.entries()) {
    const expected = (numbers[0] as number) + index
    // A crash may keep the name of a later file and not that of an earlier one.
    tail = number === expected ? walk.segment(number) : { segment: expected, position: 0 }
    if (tail !== undefined) break
  }
  if (tail !== undefined) {
    const { segment, position } = tail
    const onDisk = Math.max(closedAt, attestedAfter(options, numbers, tail))
    // Older segments go only when the beginning of the next one is on disk.
    const isOldest = position === 0 && segment === numbers[0] && segment > 1
    if (isOldest || onDisk > placeAt(segment, position))
      throw files.corrupt(segment, position, 'a record that was on disk is damaged or missing')
  }
  const { segments, needed, attested } = walk
  const first = segments[0]
  if (needed < (first?.number ?? 1)) throw files.corrupt(needed, 0, 'the file is missing')
  if (first !== undefined && !first.canBeFirst)
    throw files.corrupt(first.number, 0, 'the oldest segment does not begin with a checkpoint')
  const last = segments.at(-1)
  if ((last === undefined ? 0 : placeAt(last.number, last.bytes)) < closedAt)
    throw files.corrupt(segmentOf(closedAt), last?.bytes ?? 0, 'records that were on disk are missing')
  return { segments, attested: Math.max(attested, closedAt), tail }
}

/** What the records behind the damage say about what was on disk. */
function attestedAfter(
  { files, salt }: RecoverOptions,
  numbers: readonly number[],
  tail: { segment: number; position: number },
): Place {
  let attested = 0
  for (const segment of numbers) {
    if (segment < tail.segment) continue
    attested = files.with(segment, 'read', (file) => {
      const scanned = { disk: files.disk, file, bytes: files.disk.size(file), segment, salt }
      return Math.max(attested, findAttested(scanned, segment === tail.segment ? tail.position : 0))
    })
  }
  return attested
}

/** What was learned on the way. */
class Walk {
  readonly segments: Segment[] = []
  needed = 1
  attested = 0
  private readonly form: MessageForm

  constructor(private readonly options: RecoverOptions) {
    this.form = new MessageForm(options.channelName)
  }

  /** Reads one file; gives where it stops being intact if that is before its end. */
  segment(number: number): Recovered['tail'] {
    const { files, salt } = this.options
    return files.with(number, 'read', (file) => {
      const bytes = files.disk.size(file)
      return this.scan({ disk: files.disk, file, bytes, segment: number, salt })
    })
  }

  private scan(scanned: ScannedFile): Recovered['tail'] {
    const number = scanned.segment
    const before = this.segments.at(-1)
    const segment = newSegment(number, number === 1)
    let missing: Recovered['tail']
    const end = scanRecords(scanned, (type, data, at, bodyEnd, position) => {
      if (position > 0) {
        this.record(segment, type, data, at, bodyEnd, position)
        return true
      }
      const bytesBefore = data.readUInt32BE(at + 5)
      const isTooLong = before !== undefined && before.bytes > bytesBefore
      if (type !== recordType.segment || data[at] !== formatVersion || isTooLong)
        throw this.malformed(number, 0)
      if (before !== undefined && before.bytes < bytesBefore)
        missing = { segment: before.number, position: before.bytes }
      // Not before: what it says is true only together with all records before it.
      else this.needed = Math.max(this.needed, data.readUInt32BE(at + 1))
      return missing === undefined
    })
    if (missing !== undefined) return missing
    if (end > 0) this.segments.push(segment)
    segment.bytes = end
    return end < scanned.bytes || end === 0 ? { segment: number, position: end } : undefined
  }

  private record(
    segment: Segment,
    type: number,
    data: Buffer,
    at: number,
    end: number,
    position: number,
  ): void {
    const { owner } = this.options
    const place = placeAt(segment.number, position)
    if (type === recordType.message) {
      segment.messages++
      owner.message(this.parsed(place, () => this.form.stored(data, at, end, place)))
    } else if (type === recordType.marks) {
      if (!readMarks(data, at, end, owner)) throw this.malformed(segment.number, position)
    } else if (type === recordType.note) this.note(segment, data, at, end, place)
    else if (type === recordType.checkpoint) {
      segment.canBeFirst = true
      // Later ones repeat what the records before them have said.
      if (this.segments.length === 0) this.note(segment, data, at, end, place)
    } else if (type === recordType.synced) this.attested = Math.max(this.attested, attestedBy(data, at))
    else if (type === recordType.dropped) this.needed = Math.max(this.needed, data.readUInt32BE(at))
    else throw this.malformed(segment.number, position)
  }

  private note(segment: Segment, data: Buffer, at: number, end: number, place: Place): void {
    const { note, copy } = this.parsed(place, () => this.form.note(data, at, end, place))
    if (copy !== undefined) segment.messages++
    this.options.owner.note(note, copy)
  }

  /** What has the right checksum was written as it is; only a fault of the writer makes it unreadable. */
  private parsed<T>(place: Place, parse: () => T): T {
    try {
      return parse()
    } catch {
      throw this.malformed(segmentOf(place), positionOf(place))
    }
  }

  private malformed(segment: number, position: number): BusError {
    return this.options.files.corrupt(segment, position, 'a record is intact and of no known form')
  }
}
