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
  /** Whose abort gives it up. */
  readonly signal: AbortSignal | undefined
  resolve(placed: Placed): void
  reject(error: BusError): void
}

/** The records of one partition: one batch at a time is on its way, the rest waits in order. */
export class Lane {
  private waiting: Waiting[] = []
  private batch: Waiting[] = []
  private sequence = 0
  /** After a batch was refused as too large, records go one by one, to find out which one is. */
  private isApart = false

  constructor(
    readonly topic: string,
    readonly partition: number,
    /** Of a batch of several records. */
    private readonly maxBytes: number,
    /** So many bytes no longer wait for a receipt. */
    private readonly release: (bytes: number) => void,
  ) {}

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.batch.length === 0
  }

  push(record: Waiting): void {
    this.waiting.push(record)
  }

  /** What has not left yet never will; what has is no longer waited for, though its bytes are. */
  cancel(signal: AbortSignal, error: (isSent: boolean) => BusError): void {
    const given = this.waiting.filter((record) => record.signal === signal)
    this.waiting = this.waiting.filter((record) => record.signal !== signal)
    for (const record of given) this.reject(record, error(false))
    for (const record of this.batch) if (record.signal === signal) record.reject(error(true))
  }

  /** The batch to send: the one of before if its fate is unknown, else as much as fits. */
  private next(): readonly Waiting[] {
    if (this.batch.length > 0) return this.batch
    let bytes = 0
    let count = 0
    for (const record of this.waiting) {
      if (count > 0 && (this.isApart || bytes + record.bytes > this.maxBytes)) break
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
      this.release(record.bytes)
      record.resolve({ topic, partition, offset: baseOffset < 0 ? -1 : baseOffset + index })
    })
  }

  /** The batch is not in the log and will not be. */
  refuse(error: BusError): void {
    const { batch } = this
    this.batch = []
    for (const record of batch) this.reject(record, error)
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
    const [sent, waiting] = [this.batch, this.waiting]
    this.batch = []
    this.waiting = []
    for (const record of sent) this.reject(record, error(true))
    for (const record of waiting) this.reject(record, error(false))
  }

  private reject(record: Waiting, error: BusError): void {
    this.release(record.bytes)
    record.reject(error)
  }
}
