/** Walks through the records of a file from its beginning, in chunks, and finds where they stop being intact. */

import type { Place } from 'busbar/transport'
import type { Disk, FileId } from './disk.js'
import { placeAt } from './place.js'
import {
  checksumSeed,
  isIntact,
  recordHeaderBytes,
  recordLength,
  recordMagic,
  recordType,
  syncedBodyBytes,
  syncedRecordBytes,
} from './record-format.js'

const chunkBytes = 1024 * 1024

/** A file of a journal and what its checksums begin with. */
export interface ScannedFile {
  readonly disk: Disk
  readonly file: FileId
  readonly bytes: number
  readonly segment: number
  readonly salt: number
}

/** One intact record; `data[at..end)` is its body, good during the call only. False stops the walk at this record. */
export type Visit = (type: number, data: Buffer, at: number, end: number, position: number) => boolean

/** Gives the position up to which all records are intact: `bytes` if all are. */
export function scanRecords({ disk, file, bytes, segment, salt }: ScannedFile, visit: Visit): number {
  let data = Buffer.allocUnsafeSlow(Math.min(chunkBytes, Math.max(bytes, recordHeaderBytes)))
  /** `data[at..filled)` was read and not looked at; it stands at `position` of the file. */
  let at = 0
  let filled = 0
  let position = 0
  const fill = (wanted: number): boolean => {
    if (filled - at >= wanted) return true
    if (position + wanted > bytes) return false
    const old = data
    if (wanted > data.length) data = Buffer.allocUnsafeSlow(wanted)
    old.copy(data, 0, at, filled)
    filled -= at
    at = 0
    const length = Math.min(data.length - filled, bytes - position - filled)
    filled += disk.read(file, data, filled, length, position + filled)
    return filled >= wanted
  }
  while (position < bytes) {
    if (!fill(recordHeaderBytes)) return position
    const length = recordLength(data, at)
    if (length === 0 || !fill(length)) return position
    if (!isIntact(data, at, at + length, checksumSeed(salt, segment, position))) return position
    if (!visit(data[at + 5] as number, data, at + recordHeaderBytes, at + length, position)) return position
    at += length
    position += length
  }
  return position
}

/** The latest place up to which a record of this file, wherever it stands, says that all was on disk. */
export function findAttested(scanned: ScannedFile, from: number): Place {
  const { disk, file, bytes, segment, salt } = scanned
  const data = Buffer.allocUnsafeSlow(Math.min(chunkBytes, Math.max(0, bytes - from)))
  let attested = 0
  // Chunks overlap by one byte less than such a record has.
  for (let start = from; start + syncedRecordBytes <= bytes; start += chunkBytes - syncedRecordBytes + 1) {
    const filled = disk.read(file, data, 0, Math.min(chunkBytes, bytes - start), start)
    const chunk = data.subarray(0, filled)
    for (
      let magic = chunk.indexOf(recordMagic, 4);
      magic >= 0;
      magic = chunk.indexOf(recordMagic, magic + 1)
    ) {
      const at = magic - 4
      const end = at + syncedRecordBytes
      if (end > filled) break
      if (chunk[at + 5] !== recordType.synced || chunk.readUInt32BE(at + 6) !== syncedBodyBytes) continue
      if (!isIntact(chunk, at, end, checksumSeed(salt, segment, start + at))) continue
      attested = Math.max(attested, attestedBy(chunk, at + recordHeaderBytes))
    }
  }
  return attested
}

/** What the body of a `synced` record says. */
export function attestedBy(data: Buffer, at: number): Place {
  return placeAt(data.readUInt32BE(at), data.readUInt32BE(at + 4))
}
