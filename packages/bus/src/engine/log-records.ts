/** The records of one stream in memory: dense offsets, in segments, so that the oldest go at no cost. */

import type { Message } from '../transport.js'

/** Records of one segment; small enough that a segment of removed records is soon given back. */
const segmentRecords = 512

interface Segment {
  /** Undefined where retention removed the record. */
  readonly messages: (Message | undefined)[]
  readonly sizes: number[]
  /** Wall time of the append in ms, never decreasing. */
  readonly times: number[]
  /** Monotonic time of the append in ms. */
  readonly ages: number[]
}

/** What readers and retention see of the records of a stream, wherever these are. */
export interface LogRecords {
  /** Offset of the oldest retained record; equals `next` when there is none. */
  readonly first: number
  /** Offset of the record that comes next. */
  readonly next: number
  readonly bytes: number
  /** Monotonic time at which the oldest retained record came; undefined when there is none. */
  readonly firstAge: number | undefined
  /** Undefined below `first` and from `next` on. */
  at(offset: number): Message | undefined
  /** Offset of the first retained record that came at `time` or later; `next` when there is none. */
  since(time: number): number
  removeFirst(): void
}

export interface HeldRecords extends LogRecords {
  /** Gives the record's offset. */
  append(message: Message, time: number, age: number): number
}

export function createLogRecords(): HeldRecords {
  const segments: Segment[] = []
  /** Offset of the first record of `segments[0]`; a multiple of the segment's length. */
  let base = 0
  let first = 0
  let next = 0
  let bytes = 0

  const segmentOf = (offset: number): Segment | undefined =>
    segments[Math.floor((offset - base) / segmentRecords)]

  const timeAt = (offset: number): number => segmentOf(offset)?.times[offset % segmentRecords] ?? 0

  return {
    get first() {
      return first
    },
    get next() {
      return next
    },
    get bytes() {
      return bytes
    },
    get firstAge() {
      return first === next ? undefined : segmentOf(first)?.ages[first % segmentRecords]
    },
    append(message, time, age) {
      let segment = segmentOf(next)
      if (segment === undefined) {
        segment = { messages: [], sizes: [], times: [], ages: [] }
        if (segments.length === 0) base = next
        segments.push(segment)
      }
      // A body may learn a smaller size later; what was counted in is what is counted out.
      const { size } = message.body
      segment.messages.push(message)
      segment.sizes.push(size)
      segment.times.push(time)
      segment.ages.push(age)
      bytes += size
      next += 1
      return next - 1
    },
    at(offset) {
      return offset < first ? undefined : segmentOf(offset)?.messages[offset % segmentRecords]
    },
    since(time) {
      let low = first
      let high = next
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        if (timeAt(middle) < time) low = middle + 1
        else high = middle
      }
      return low
    },
    removeFirst() {
      const segment = segmentOf(first)
      if (first === next || segment === undefined) return
      const index = first % segmentRecords
      bytes -= segment.sizes[index] ?? 0
      segment.messages[index] = undefined
      first += 1
      if (first % segmentRecords !== 0) return
      segments.shift()
      base = first
    },
  }
}
