/** Which segments a journal has, who needs them, and which may go. */

import { BusError, type Place } from 'busbar/transport'
import { placeAt, segmentOf } from './place.js'

/** One file of a journal. */
export interface Segment {
  readonly number: number
  /** It can be the oldest one: what older ones said is in its checkpoint, or there were none. */
  canBeFirst: boolean
  /** Of a segment that is not written to any more. */
  bytes: number
  messages: number
  /** How many places in it somebody needs. */
  holds: number
}

/** A range of segments, the last one not included. */
export interface SegmentRange {
  readonly from: number
  readonly to: number
}

export function newSegment(number: number, canBeFirst: boolean): Segment {
  return { number, canBeFirst, bytes: 0, messages: 0, holds: 0 }
}

/** The segments of one journal, oldest first and without gaps; the last one is written to. */
export class Segments {
  private list: Segment[] = []
  /** Segments before this one may not be held any more: a record of this run says that they are not needed. */
  private neededFrom = 0
  /** Whether anything happened that could free a segment, and `free` was not asked since. */
  private isChanged = true
  /** The same of `toEvacuate`. */
  private mayEvacuate = true
  private evacuatedTo = 0

  add(segment: Segment): void {
    this.list.push(segment)
    this.changed()
  }

  get first(): number {
    return (this.list[0] as Segment).number
  }

  get active(): Segment {
    return this.list[this.list.length - 1] as Segment
  }

  get(number: number): Segment | undefined {
    return this.list.length === 0 ? undefined : this.list[number - this.first]
  }

  /** The oldest segment that is needed. */
  get needed(): number {
    return Math.max(this.neededFrom, this.first)
  }

  hold(place: Place): void {
    this.held(place).holds++
  }

  /** True when a segment may have become free. */
  release(place: Place): boolean {
    const segment = this.held(place)
    if (segment.holds === 0) throw notHeld(place)
    if (--segment.holds > 0 || segment === this.active) return false
    this.changed()
    return true
  }

  /** The oldest segments that nobody needs any more, from now on for good; undefined when there are none. */
  free(): number | undefined {
    if (!this.isChanged) return undefined
    this.isChanged = false
    const before = this.needed
    let range = this.oldestRange()
    while (range !== undefined && !this.isHeld(range)) {
      this.neededFrom = range.to
      range = this.oldestRange()
    }
    return this.needed > before ? this.needed : undefined
  }

  /** What is to be moved so that more than half of the files is of use; asked once for each change, after `free`. */
  toEvacuate(spareBytes: number): SegmentRange | undefined {
    if (this.isChanged || !this.mayEvacuate) return undefined
    this.mayEvacuate = false
    const range = this.oldestRange()
    if (range === undefined || range.from < this.evacuatedTo) return undefined
    let total = 0
    let held = 0
    for (const segment of this.list) {
      if (segment.number < this.needed || segment === this.active) continue
      total += segment.bytes
      held += Math.min(segment.bytes, (segment.holds * segment.bytes) / Math.max(1, segment.messages))
    }
    if (total - held <= Math.max(held, spareBytes)) return undefined
    this.evacuatedTo = range.to
    return range
  }

  /** Forgets the oldest segment, whose file is gone. */
  removeFirst(): void {
    this.list.shift()
  }

  private changed(): void {
    this.isChanged = true
    this.mayEvacuate = true
  }

  /** The oldest needed segment and those after it that cannot be the first. */
  private oldestRange(): SegmentRange | undefined {
    const from = this.needed
    const { active } = this
    for (let number = from + 1; number <= active.number; number++)
      if (this.get(number)?.canBeFirst) return { from, to: number }
    return undefined
  }

  private isHeld({ from, to }: SegmentRange): boolean {
    for (let number = from; number < to; number++) if ((this.get(number)?.holds ?? 0) > 0) return true
    return false
  }

  private held(place: Place): Segment {
    const number = segmentOf(place)
    const segment = this.get(number)
    if (segment === undefined || number < this.neededFrom) throw notHeld(place)
    return segment
  }
}

/** The places that a range covers. */
export function placesOf({ from, to }: SegmentRange): { readonly from: Place; readonly to: Place } {
  return { from: placeAt(from, 0), to: placeAt(to, 0) }
}

function notHeld(place: Place): BusError {
  return new BusError('INTERNAL', `The place ${place} is held or released, but its record was let go.`)
}
