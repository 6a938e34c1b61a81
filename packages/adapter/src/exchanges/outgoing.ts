/** What one side says: numbered, under the window of the other side, kept until that is done with it. */

import { BusError, type Part } from 'busbar/transport'
import type { Frame } from './lanes.js'

/** Parts that may wait for the window; a sender that does not wait is refused beyond. */
const maxWaiting = 1_024

export interface Waiting {
  readonly part: Part
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Said {
  readonly number: number
  readonly bytes: number
  /** To be sent again if it was lost. */
  readonly frame: Frame | undefined
}

export class Outgoing {
  /** Parts said so far. */
  said = 0
  /** Nothing follows what waits here. */
  saidEnd = false
  private outstandingBytes = 0
  // Most sides say one part and never wait.
  private outstanding: Said[] | undefined
  private waiting: Waiting[] | undefined

  constructor(
    private windowBytes: number,
    /** Whether what is lost can be sent again. */
    private readonly isKept: boolean,
  ) {}

  get hasRoom(): boolean {
    return this.outstandingBytes < this.windowBytes
  }

  get isWaiting(): boolean {
    return this.waiting !== undefined && this.waiting.length > 0
  }

  wait(part: Part): Promise<void> {
    this.waiting ??= []
    const { waiting } = this
    if (waiting.length >= maxWaiting) {
      const text = `${maxWaiting} parts wait for the other side of this exchange.`
      return Promise.reject(new BusError('QUEUE_FULL', text, { outcome: 'rejected' }))
    }
    if (part.end === true) this.saidEnd = true
    return new Promise((resolve, reject) => waiting.push({ part, resolve, reject }))
  }

  next(): Waiting | undefined {
    return this.waiting?.shift()
  }

  record(frame: Frame, bytes: number): void {
    this.said += 1
    this.outstandingBytes += bytes
    this.outstanding ??= []
    this.outstanding.push({ number: this.said, bytes, frame: this.isKept ? frame : undefined })
  }

  /** The other side is done with so many, and takes `windowBytes` beyond them. */
  onTaken(count: number, windowBytes: number): void {
    this.windowBytes = windowBytes
    const { outstanding } = this
    if (outstanding === undefined) return
    let done = 0
    for (const { number, bytes } of outstanding) {
      if (number > count) break
      this.outstandingBytes -= bytes
      done += 1
    }
    if (done > 0) outstanding.splice(0, done)
  }

  /** What was said after the first `heard` parts, for a side that asks for it. */
  missing(heard: number): Frame[] {
    const all = this.outstanding ?? []
    return all.flatMap(({ number, frame }) => (frame !== undefined && number > heard ? [frame] : []))
  }

  /** Ends the waiting of all that has not been said. */
  giveUp(why: () => unknown): void {
    const { waiting } = this
    if (waiting === undefined) return
    this.waiting = undefined
    for (const { reject } of waiting) reject(why())
  }
}
