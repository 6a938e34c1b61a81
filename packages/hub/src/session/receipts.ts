/** Answers publishes of one session: the receipts of one turn leave as runs. */

import { type ReceiptRun, type WireError, writeReceipts, writeRefused } from '@busbar/protocol'
import type { Receipt } from 'busbar/transport'
import type { Answer, AnswerHistory } from '../answer-history.js'
import type { Outbox } from './outbox.js'

export class Receipts {
  private run: { -readonly [K in keyof ReceiptRun]: ReceiptRun[K] } | undefined
  /** Undefined while no connection holds the session. */
  private outbox: Outbox | undefined

  constructor(private readonly history: AnswerHistory) {}

  join(outbox: Outbox): void {
    this.flush()
    this.outbox = outbox
  }

  leave(outbox: Outbox): void {
    this.flush()
    if (this.outbox === outbox) this.outbox = undefined
  }

  receipt(sequence: number, receipt: Receipt): void {
    const { run } = this
    const duplicate = receipt.duplicate === true
    if (
      run !== undefined &&
      sequence === run.first + run.count &&
      receipt.level === run.level &&
      duplicate === run.duplicate &&
      receipt.offset === (run.offset === undefined ? undefined : run.offset + run.count)
    ) {
      run.count += 1
      return
    }
    this.flush()
    this.run = { first: sequence, count: 1, level: receipt.level, offset: receipt.offset, duplicate }
    this.outbox?.later()
  }

  refused(sequence: number, error: WireError): void {
    this.flush()
    this.history.add({ first: sequence, count: 1, error })
    if (this.outbox === undefined) return
    writeRefused(this.outbox.frames, sequence, error)
    this.outbox.written()
  }

  /** The answer to a publish that came a second time. */
  again(sequence: number, answer: Answer): void {
    if ('error' in answer) {
      this.refused(sequence, answer.error)
      return
    }
    const { level, offset, first } = answer
    this.receipt(sequence, {
      id: '',
      level,
      duplicate: true,
      ...(offset !== undefined && { offset: offset + sequence - first }),
    })
  }

  /** Writes the run so far. */
  flush(): void {
    if (this.run === undefined) return
    if (this.outbox !== undefined) writeReceipts(this.outbox.frames, this.run)
    this.history.add(this.run)
    this.run = undefined
  }
}
