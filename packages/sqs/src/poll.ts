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

/** A queue that somebody else is to make is looked for so often. */
const missingMs = 1_000

export class Poll {
  isStopping = false
  /** Resolves when no request is under way any more. */
  readonly stopped: Promise<void>
  private wake: () => void = () => {}

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
      const room = this.rules.room()
      if (room <= 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
        continue
      }
      try {
        const messages = await this.receive(Math.min(room, this.rules.most))
        if (messages.length > 0) this.rules.onMessages(messages)
      } catch (error) {
        if (await this.isOver(error)) return
      }
    }
  }

  private receive(max: number): Promise<readonly SqsMessage[]> {
    const { queues, queue, waitSeconds } = this.host
    return queues.receive(queue, { max, waitSeconds, hiddenSeconds: this.rules.hiddenSeconds })
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
