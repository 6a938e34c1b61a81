/** Records that leave together for one partition, under a sequence that makes a resend harmless. */

import type { BusError } from 'busbar/transport'
import { type BatchHead, type Payload, writeBatch } from './record-writer.js'

export interface Placed {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** One record that waits or is on its way. */
export interface Waiting {
  readonly payload: Payload
  readonly bytes: number
  resolve(placed: Placed): void
  reject(error: BusError): void
}

/** The records of one partition: one batch at a time is on its way, the rest waits in order. */
export class Lane {
  private readonly waiting: Waiting[] = []
  private batch: Waiting[] = []
  private sequence = 0
  /** After a batch was refused as too large, records go one by one, to find out which one is. */
  private isApart = false

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly maxBytes: number,
    private readonly maxRecords = Number.POSITIVE_INFINITY,
  ) {}

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.batch.length === 0
  }

  push(record: Waiting): void {
    this.waiting.push(record)
  }

  /** Takes a record out again that has not left yet. */
  remove(record: Waiting): boolean {
    const at = this.waiting.indexOf(record)
    if (at < 0) return false
    this.waiting.splice(at, 1)
    return true
  }

  /** The batch to send: the one of before if its fate is unknown, else as much as fits. */
  private next(): readonly Waiting[] {
    if (this.batch.length > 0) return this.batch
    const limit = this.isApart ? 1 : this.maxRecords
    let bytes = 0
    let count = 0
    for (const record of this.waiting) {
      if (count > 0 && (bytes + record.bytes > this.maxBytes || count >= limit)) break
      bytes += record.bytes
      count += 1
    }
    this.batch = this.waiting.splice(0, count)
    return this.batch
  }

  /** The batch to send as it travels. */
  bytes(head: Omit<BatchHead, 'firstSequence'>): Buffer {
    const batch = this.next()
    const room = batch.reduce((sum, { bytes }) => sum + bytes, 0)
    const payloads = batch.map(({ payload }) => payload)
    return writeBatch(payloads, room, { ...head, firstSequence: this.sequence })
  }

  done(baseOffset: number): void {
    const { batch, topic, partition } = this
    this.batch = []
    // Sequences are 32 bits and go round.
    this.sequence = (this.sequence + batch.length) % 2_147_483_648
    batch.forEach((record, index) => {
      record.resolve({ topic, partition, offset: baseOffset < 0 ? -1 : baseOffset + index })
    })
  }

  /** The batch is not in the log and will not be. */
  refuse(error: BusError): void {
    const { batch } = this
    this.batch = []
    for (const record of batch) record.reject(error)
  }

  /** Takes a batch apart that is too large as a whole; false if it is a single record. */
  split(): boolean {
    if (this.batch.length <= 1) return false
    this.isApart = true
    this.waiting.unshift(...this.batch)
    this.batch = []
    return true
  }

  /** A new producer id begins at sequence 0. */
  restart(): void {
    this.sequence = 0
  }

  abandon(error: (isSent: boolean) => BusError): void {
    for (const record of this.batch) record.reject(error(true))
    for (const record of this.waiting) record.reject(error(false))
    this.batch = []
    this.waiting.length = 0
  }
}
