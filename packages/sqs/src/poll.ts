/** Asks a queue for messages as long as there is room for them. */

import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import { type BusErrorCode, isBusError } from 'busbar/transport'
import type { Link } from './link.js'
import type { Queues } from './queues.js'

export interface PollHost {
  readonly link: Link
  readonly queues: Queues
  /** Name of the queue. */
  readonly queue: string
  readonly waitSeconds: number
  /** Makes the queue again if it is missing. */
  restore(): Promise<void>
}

export interface PollRules {
  readonly hiddenSeconds: number
  /** Of one request. */
  readonly most: number
  room(): number
  /** Also called with what a last poll brought after `stop`. */
  onMessages(messages: readonly SqsMessage[]): void
  /** It has ended by itself, and why. */
  onEnd(why: BusErrorCode): void
}

/** Requests at a time, at most. */
const mostAtOnce = 8
/** Of one more request, that each full answer allows: of a queue that holds no more than what comes in, one is enough. */
const growth = 0.25
/** A queue that somebody else is to make is looked for so often. */
const missingMs = 1_000

export class Poll {
  isStopping = false
  /** Resolves when no request is under way any more. */
  readonly stopped: Promise<void>
  private wake: () => void = () => {}
  private allowed = 1
  /** Messages that may come of the requests under way. */
  private asked = 0
  private helping = 0

  constructor(
    private readonly host: PollHost,
    private readonly rules: PollRules,
  ) {
    this.stopped = this.run()
  }

  /** To be called when there is room again. */
  look(): void {
    this.wake()
  }

  /** Asks no more. What a request under way brings is still handed over: aborting it would hide that from everybody. */
  stop(): void {
    this.isStopping = true
    this.wake()
  }

  private async run(): Promise<void> {
    // The owner has not got this object yet.
    await Promise.resolve()
    while (!this.isStopping) {
      if (this.room() <= 0) {
        await this.sleep()
        continue
      }
      try {
        await this.ask(this.host.waitSeconds)
      } catch (error) {
        if (await this.isOver(error)) break
      }
    }
    while (this.helping > 0) await this.sleep()
  }

  private sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }

  /** What is there beyond what the first request takes, which alone waits for messages. */
  private async help(): Promise<void> {
    // What fails here fails for the first request, too, which says so.
    let isMore = true
    while (isMore && !this.isStopping && this.room() > 0) isMore = await this.ask(0).catch(() => false)
  }

  private room(): number {
    return this.rules.room() - this.asked
  }

  /** Whether something came. */
  private async ask(waitSeconds: number): Promise<boolean> {
    const max = Math.min(this.rules.most, this.room())
    const count = await this.receive(max, waitSeconds)
    if (count === max) this.allowed = Math.min(mostAtOnce, this.allowed + growth)
    else if (count === 0) this.allowed = 1
    return count > 0
  }

  /** What may come takes room until what came does. */
  private async receive(max: number, waitSeconds: number): Promise<number> {
    const { queues, queue } = this.host
    const { hiddenSeconds, onMessages } = this.rules
    this.asked += max
    this.callHelp()
    try {
      const messages = await queues.receive(queue, { max, waitSeconds, hiddenSeconds })
      if (messages.length > 0) onMessages(messages)
      return messages.length
    } finally {
      this.asked -= max
      this.wake()
    }
  }

  /** One at a time: a helper that asks calls the next. */
  private callHelp(): void {
    if (this.isStopping || this.helping + 1 >= Math.floor(this.allowed) || this.room() <= 0) return
    this.helping += 1
    void this.help().then(() => {
      this.helping -= 1
      this.wake()
    })
  }

  private async isOver(error: unknown): Promise<boolean> {
    if (this.isStopping) return true
    if (isBusError(error, 'NOT_FOUND')) {
      const isBack = await this.host.restore().then(
        () => true,
        () => false,
      )
      if (!isBack) await this.host.link.pause(missingMs)
      return false
    }
    this.rules.onEnd(isBusError(error) ? error.code : 'INTERNAL')
    return true
  }
}
