/** The form of a record: a checksum that holds at one place of one journal only, a type, a length, a body. */

import { crc32 } from 'node:zlib'

/** Before each body: u32 checksum of what follows it, u8 magic, u8 type, u32 length of the body. Big endian. */
export const recordHeaderBytes = 10
export const recordMagic = 0xb5

export const recordType = {
  /** First in each segment: u8 version, u32 the oldest segment that is needed, u32 bytes of the segment before. */
  segment: 1,
  /** A note that says all that older segments say; only right after `segment`. */
  checkpoint: 2,
  message: 3,
  marks: 4,
  note: 5,
  /** u32 segment, u32 position: everything before that was on disk. */
  synced: 6,
  /** u32 segment: older ones are not needed any more. */
  dropped: 7,
} as const

export const formatVersion = 1
export const syncedBodyBytes = 8
export const syncedRecordBytes = recordHeaderBytes + syncedBodyBytes

/** The longest message, JSON of a note and checkpoint that are written: far above what a hub takes. */
export const longestBody = 24 * 1024 * 1024
export const longestNote = 16 * 1024 * 1024
export const longestCheckpoint = 64 * 1024 * 1024
/** Beyond this position a segment must end: one more record of any kind still fits into its span. */
export const lastPosition = 80 * 1024 * 1024

/** What a checksum begins with: copied elsewhere, no record is valid, and nobody outside knows the salt. */
export function checksumSeed(salt: number, segment: number, position: number): number {
  return (salt ^ Math.imul(segment, 0x9e3779b1) ^ Math.imul(position, 0x85ebca6b)) >>> 0
}

/** The salt of one journal, so that no record is valid in the files of another channel. */
export function journalSalt(storeSalt: number, channelName: string): number {
  return crc32(channelName, storeSalt)
}

/** The whole length of the record that seems to begin at `at`; 0 when no record does. */
export function recordLength(data: Buffer, at: number): number {
  if (data[at + 4] !== recordMagic) return 0
  return recordHeaderBytes + data.readUInt32BE(at + 6)
}

/** True when the checksum of the record in `data[at..end)` is that of this place. */
export function isIntact(data: Buffer, at: number, end: number, seed: number): boolean {
  return data.readUInt32BE(at) === crc32(data.subarray(at + 4, end), seed)
}
