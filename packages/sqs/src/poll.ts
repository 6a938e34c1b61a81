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

/** Requests at a time, at most; more than one only while each brings something. */
const mostAtOnce = 8
/** A queue that somebody else is to make is looked for so often. */
const missingMs = 1_000

export class Poll {
  isStopping = false
  /** Resolves when no request is under way any more. */
  readonly stopped: Promise<void>
  private wake: () => void = () => {}
  private atOnce = 1

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
        await this.ask(room)
      } catch (error) {
        if (await this.isOver(error)) return
      }
    }
  }

  /** Only the first request waits for messages; the others take what is there. */
  private async ask(room: number): Promise<void> {
    const { most } = this.rules
    const requests = Math.min(this.atOnce, Math.ceil(room / most))
    const sizes = Array.from({ length: requests }, (_, index) => Math.min(most, room - index * most))
    const asked = sizes.map((max, index) => this.receive(max, index === 0 ? this.host.waitSeconds : 0))
    const results = await Promise.allSettled(asked)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    const isBusy = results.every((result) => result.status === 'fulfilled' && result.value)
    this.atOnce = isBusy ? Math.min(mostAtOnce, requests * 2) : 1
  }

  /** Whether something came. */
  private async receive(max: number, waitSeconds: number): Promise<boolean> {
    const { queues, queue } = this.host
    const { hiddenSeconds, onMessages } = this.rules
    const messages = await queues.receive(queue, { max, waitSeconds, hiddenSeconds })
    if (messages.length === 0) return false
    onMessages(messages)
    return true
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
