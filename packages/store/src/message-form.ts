/** The form of a message in a record: what the engine noted beside it, then the envelope and payload of the wire. */

import { FrameReader, WireMessage } from '@busbar/protocol'
import type { Facts, Note, Place, Stored } from 'busbar/transport'

/** u8 priority and flags, u48 offset, f64 time. */
export const factsBytes = 15
/** Set when f64 delay follows the facts. */
const delayFlag = 0x10
export const delayBytes = 8
const priorityBits = 0x0f
const u32Values = 0x1_0000_0000

export function putFacts(target: Buffer, at: number, facts: Facts): number {
  target[at] = facts.priority | (facts.delayMs === 0 ? 0 : delayFlag)
  target.writeUInt16BE(Math.floor(facts.offset / u32Values), at + 1)
  target.writeUInt32BE(facts.offset % u32Values, at + 3)
  target.writeDoubleBE(facts.time, at + 7)
  if (facts.delayMs === 0) return at + factsBytes
  target.writeDoubleBE(facts.delayMs, at + factsBytes)
  return at + factsBytes + delayBytes
}

/** A message that was read back; a plain class, as millions of them are made in one go. */
class StoredMessage implements Stored {
  constructor(
    readonly place: Place,
    readonly offset: number,
    readonly time: number,
    readonly delayMs: number,
    readonly priority: number,
    readonly message: WireMessage,
  ) {}
}

/** Reads messages of one channel; what it gives are views of the data. */
export class MessageForm {
  private readonly reader = new FrameReader()

  constructor(private readonly channelName: string) {}

  /** PROTOCOL_ERROR when the envelope is malformed. */
  stored(data: Buffer, at: number, end: number, place: Place): Stored {
    const first = data[at] as number
    const offset = data.readUInt16BE(at + 1) * u32Values + data.readUInt32BE(at + 3)
    const isDelayed = (first & delayFlag) !== 0
    const delayMs = isDelayed ? data.readDoubleBE(at + factsBytes) : 0
    const message = this.message(data, at + factsBytes + (isDelayed ? delayBytes : 0), end)
    return new StoredMessage(place, offset, data.readDoubleBE(at + 7), delayMs, first & priorityBits, message)
  }

  /** u32 length of the JSON, the JSON, the same as in a record of a message if there is a copy. */
  note(data: Buffer, at: number, end: number, place: Place): { note: Note; copy: Stored | undefined } {
    const jsonEnd = copyAt(data, at)
    const note: Note = JSON.parse(data.toString('utf8', at + 4, jsonEnd))
    return { note, copy: jsonEnd < end ? this.stored(data, jsonEnd, end, place) : undefined }
  }

  private message(data: Buffer, at: number, end: number): WireMessage {
    return new WireMessage(this.channelName, this.reader.reset(data, at, end))
  }
}

/** Where the copy of a message begins in the body of a note at `at`; its end if there is none. */
export function copyAt(data: Buffer, at: number): number {
  return at + 4 + data.readUInt32BE(at)
}
