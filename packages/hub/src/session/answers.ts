/** The answers to a session's publishes, at once or when a message is on disk, over connections that come and go. */

import { type WireError, wireErrorOf } from '@busbar/protocol'
import type { Channel, Receipt } from 'busbar/transport'
import { AnswerHistory } from '../answer-history.js'
import type { Outbox } from './outbox.js'
import { Receipts } from './receipts.js'

/** The client tells its caller that the outcome is unknown. */
const forgotten: WireError = {
  code: 'DISCONNECTED',
  message: 'What became of it was told on a connection that broke, and is forgotten.',
  details: {},
}

/** Publishes by sequence, in order. */
type Waiting = Map<number, Promise<Receipt>>

export class Answers {
  private readonly history = new AnswerHistory()
  private readonly receipts = new Receipts(this.history)
  /** By name of a durable channel, whose messages come to disk in their order. */
  private readonly storing = new Map<string, Waiting>()
  /** Under the `block` policy; each has its own time. */
  private readonly blocked = new Set<number>()
  private settled: () => void = () => {}

  /** From now on answers go to this connection; `settled` is called when nothing is `open` any more. */
  join(outbox: Outbox, settled: () => void): void {
    this.receipts.join(outbox)
    this.settled = settled
  }

  /** The connection is gone: what is answered from now on is kept for the next one. */
  leave(outbox: Outbox): void {
    this.receipts.leave(outbox)
  }

  /** Publishes that will be answered by themselves when the disk is ready. */
  get open(): number {
    let open = 0
    for (const waiting of this.storing.values()) open += waiting.size
    return open
  }

  receipt(sequence: number, receipt: Receipt): void {
    this.receipts.receipt(sequence, receipt)
  }

  refused(sequence: number, error: unknown): void {
    this.receipts.refused(sequence, wireErrorOf(error))
  }

  /** The answer comes later, perhaps on another connection. */
  later(sequence: number, channel: Channel, result: Promise<Receipt>): void {
    if (!channel.guarantees.durable) {
      this.blocked.add(sequence)
      void this.answerInTurn(new Map([[sequence, result]])).then(() => this.blocked.delete(sequence))
      return
    }
    let waiting = this.storing.get(channel.name)
    if (waiting === undefined) {
      waiting = new Map()
      this.storing.set(channel.name, waiting)
    }
    waiting.set(sequence, result)
    if (waiting.size === 1) void this.answerInTurn(waiting)
  }

  /** A publish that was accepted before, on a connection that broke: nothing is stored a second time. */
  again(sequence: number, channel: Channel): void {
    const answer = this.history.find(sequence)
    if (answer !== undefined) this.receipts.again(sequence, answer)
    else if (this.isWaiting(sequence)) return
    else if (this.history.wasAccepted(sequence)) {
      const level = channel.guarantees.durable ? 'durable' : 'accepted'
      this.receipts.receipt(sequence, { id: '', level, duplicate: true })
    } else this.receipts.refused(sequence, forgotten)
  }

  /** To be called before a turn's frames leave. */
  flush(): void {
    this.receipts.flush()
  }

  /** One loop for many messages: each costs an entry and a turn of the loop, no handlers of its own. */
  private async answerInTurn(waiting: Waiting): Promise<void> {
    for (const [sequence, result] of waiting) {
      try {
        this.receipts.receipt(sequence, await result)
      } catch (error) {
        this.refused(sequence, error)
      }
      waiting.delete(sequence)
    }
    if (this.open === 0) this.settled()
  }

  private isWaiting(sequence: number): boolean {
    if (this.blocked.has(sequence)) return true
    for (const waiting of this.storing.values()) if (waiting.has(sequence)) return true
    return false
  }
}
