/** Gathers records in one growing buffer, each with the checksum of the place that it will have. */

import { crc32 } from 'node:zlib'
import { endWithMessage, FrameWriter, headerBytes, WireMessage } from '@busbar/protocol'
import { BusError, type Facts, type Mark, type Message, type Note, type Place } from 'busbar/transport'
import { longestEntry, MarkRunWriter } from './mark-run.js'
import { delayBytes, factsBytes, putFacts } from './message-form.js'
import { placeAt } from './place.js'
import {
  checksumSeed,
  formatVersion,
  longestBody,
  longestCheckpoint,
  longestNote,
  recordHeaderBytes,
  recordMagic,
  recordType,
  syncedBodyBytes,
} from './record-format.js'

/** A message that a note brings along. */
export type Copy = Facts & { readonly message: Message }

const firstBytes = 64 * 1024
/** A larger buffer is not kept when it is empty again. */
const keptBytes = 4 * 1024 * 1024

/** The records that were told and not written yet; `buffer[0..filled)` belongs at `position` of segment `segment`. */
export class RecordWriter {
  buffer = Buffer.allocUnsafeSlow(firstBytes)
  filled = 0
  /** Where the record under construction begins. */
  private begun = 0
  private isRunOpen = false
  private readonly run = new MarkRunWriter()
  private readonly envelopes = new FrameWriter()
  private isFirstChunk = true

  constructor(
    private readonly channelName: string,
    private readonly salt: number,
    public segment: number,
    public position: number,
  ) {}

  /** Where the next record goes; an open run counts as far as it came. */
  get end(): number {
    return this.position + this.filled
  }

  /** Where the whole records end. */
  get wholeEnd(): number {
    return this.position + (this.isRunOpen ? this.begun : this.filled)
  }

  message(facts: Facts, message: Message): Place {
    this.begin(recordType.message, 0)
    this.putMessage(facts, message)
    return this.endRecord()
  }

  mark(mark: Mark, group: number, offset: number): void {
    if (!this.isRunOpen) {
      this.begin(recordType.marks, longestEntry)
      this.isRunOpen = true
      this.run.begin()
    } else this.reserve(longestEntry)
    this.filled = this.run.put(this.buffer, this.filled, mark, group, offset)
  }

  /** u32 length of the JSON, the JSON, the same as in a record of a message if there is a copy. */
  note(note: Note, copy: Copy | undefined): Place {
    return this.putNote(recordType.note, Buffer.from(JSON.stringify(note)), longestNote, copy)
  }

  checkpoint(json: Buffer): void {
    this.putNote(recordType.checkpoint, json, longestCheckpoint, undefined)
  }

  private putNote(type: number, json: Buffer, longest: number, copy: Copy | undefined): Place {
    this.begin(type, 4 + json.length)
    if (json.length > longest) throw this.tooLong()
    this.filled = this.buffer.writeUInt32BE(json.length, this.filled)
    this.filled += json.copy(this.buffer, this.filled)
    if (copy !== undefined) this.putMessage(copy, copy.message)
    return this.endRecord()
  }

  segmentHeader(oldest: number, bytesBefore: number): void {
    this.begin(recordType.segment, 9)
    this.filled = this.buffer.writeUInt8(formatVersion, this.filled)
    this.filled = this.buffer.writeUInt32BE(oldest, this.filled)
    this.filled = this.buffer.writeUInt32BE(bytesBefore, this.filled)
    this.endRecord()
  }

  synced(segment: number, position: number): void {
    this.begin(recordType.synced, syncedBodyBytes)
    this.filled = this.buffer.writeUInt32BE(segment, this.filled)
    this.filled = this.buffer.writeUInt32BE(position, this.filled)
    this.endRecord()
  }

  dropped(oldest: number): void {
    this.begin(recordType.dropped, 4)
    this.filled = this.buffer.writeUInt32BE(oldest, this.filled)
    this.endRecord()
  }

  /** Ends the open run of marks; before the buffer is written or read. */
  closeRun(): void {
    if (!this.isRunOpen) return
    this.isRunOpen = false
    this.endRecord()
  }

  /** Forgets what was gathered; the next record goes to `position` of `segment`. */
  restart(segment: number, position: number): void {
    this.segment = segment
    this.position = position
    this.filled = 0
    this.isRunOpen = false
    if (this.buffer.length > keptBytes) this.buffer = Buffer.allocUnsafeSlow(firstBytes)
  }

  private begin(type: number, bodyBytes: number): void {
    this.closeRun()
    this.reserve(recordHeaderBytes + bodyBytes)
    this.begun = this.filled
    this.buffer[this.begun + 4] = recordMagic
    this.buffer[this.begun + 5] = type
    this.filled += recordHeaderBytes
  }

  private endRecord(): Place {
    const { buffer, begun, filled } = this
    const position = this.position + begun
    buffer.writeUInt32BE(filled - begun - recordHeaderBytes, begun + 6)
    const seed = checksumSeed(this.salt, this.segment, position)
    buffer.writeUInt32BE(crc32(buffer.subarray(begun + 4, filled), seed), begun)
    return placeAt(this.segment, position)
  }

  private putMessage(facts: Facts, message: Message): void {
    this.reserve(factsBytes + delayBytes)
    this.filled = putFacts(this.buffer, this.filled, facts)
    if (message instanceof WireMessage && message.channelName === this.channelName) {
      this.putBytes(message.data.subarray(message.start, message.end))
      return
    }
    let bytes: number
    try {
      this.envelopes.begin(0, 0)
      bytes = endWithMessage(this.envelopes, this.channelName, message)
    } catch (error) {
      this.filled = this.begun
      throw error
    }
    if (bytes > longestBody) {
      this.envelopes.handOver(() => true)
      throw this.tooLong()
    }
    this.isFirstChunk = true
    this.envelopes.handOver(this.takeChunk)
  }

  /** An envelope is made as a frame, whose header is left out. */
  private readonly takeChunk = (chunk: Uint8Array): boolean => {
    this.putBytes(this.isFirstChunk ? chunk.subarray(headerBytes) : chunk)
    this.isFirstChunk = false
    return true
  }

  private putBytes(bytes: Uint8Array): void {
    if (bytes.length > longestBody) throw this.tooLong()
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.filled)
    this.filled += bytes.length
  }

  /** Drops the record under construction. */
  private tooLong(): BusError {
    this.filled = this.begun
    const what = `A record of "${this.channelName}" is longer than ${longestBody} bytes.`
    return new BusError('TOO_LARGE', what, { outcome: 'rejected' })
  }

  private reserve(bytes: number): void {
    const wanted = this.filled + bytes
    if (wanted <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.buffer.length))
    larger.set(this.buffer.subarray(0, this.filled))
    this.buffer = larger
  }
}
