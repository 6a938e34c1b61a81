/** A consumer of a queue or of a group of a tracked event: polls, hands over, settles. */

import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import { createPump, type Pump } from '@busbar/adapter'
import {
  type BusErrorCode,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  type Host,
  matcher,
} from 'busbar/transport'
import { type Arrival, arrivalOf, judge } from './arrival.js'
import { batchSize } from './batches.js'
import type { Cemetery } from './burial.js'
import { Claims, secondsOf } from './claims.js'
import { Poll, type PollHost } from './poll.js'
import { Settling } from './settling.js'
import { Shelf } from './shelf.js'

export interface WorkerHost extends PollHost {
  readonly host: Host
  readonly cemetery: Cemetery
  /** Does what is to be done when the last message is settled. */
  onClosed(): Promise<void>
}

/** Not so many messages wait in this process for the rest of their delay. */
const earlyRoom = batchSize

export class Worker implements Consumer {
  readonly ended: Promise<BusErrorCode | undefined>
  private readonly claims: Claims
  private readonly pump: Pump
  private readonly settling: Settling
  private readonly early: Shelf
  private readonly poll: Poll
  private readonly matches: (address: string) => boolean
  /** Their delay is over, but there is no room yet. */
  private due = 0
  private closing: Promise<void> | undefined
  private tellEnd: (why: BusErrorCode | undefined) => void = () => {}

  constructor(
    private readonly deps: WorkerHost,
    private readonly request: ConsumeRequest,
    deliver: Deliver,
  ) {
    const { channel, concurrency, group } = request
    const { clock } = deps.host
    const line = deps.cemetery.lines.of(deps.queue)
    const leaseSeconds = secondsOf(channel.guarantees.leaseMs)
    this.ended = new Promise((resolve) => {
      this.tellEnd = resolve
    })
    this.matches = matcher(request.pattern)
    this.claims = new Claims(clock, line, leaseSeconds)
    this.early = new Shelf(clock)
    this.settling = new Settling(clock, deps.cemetery, line, this.claims, channel, group)
    // What could not be settled stays claimed until its lease ends, and then comes again.
    const onError = (): void => {}
    this.pump = createPump({ concurrency, deliver, onError, onRoom: () => this.poll.look() })
    this.poll = new Poll(deps, {
      hiddenSeconds: leaseSeconds,
      // FIFO queues give several of one key at once, and those that then had to wait would count as tried.
      most: channel.guarantees.ordered ? 1 : batchSize,
      room: () => (this.early.size < earlyRoom ? this.pump.room - this.due : 0),
      onMessages: (messages) => this.onMessages(messages),
      onEnd: (why) => this.tellEnd(why),
    })
  }

  close(): Promise<void> {
    this.closing ??= this.drain()
    return this.closing
  }

  /** Gives everything back without waiting for handlers; resolves when the queue knows. */
  async abandon(): Promise<void> {
    this.poll.stop()
    this.early.clear()
    this.pump.loseAll()
    this.tellEnd('CLOSED')
    await Promise.all([this.settling.stop(), this.claims.releaseAll()])
    await this.poll.stopped
    await this.deps.onClosed()
  }

  private async drain(): Promise<void> {
    this.poll.stop()
    this.early.clear()
    await this.poll.stopped
    await this.pump.idle()
    await this.settling.stop()
    await this.claims.releaseAll()
    await this.deps.onClosed()
    this.tellEnd(undefined)
  }

  private onMessages(messages: readonly SqsMessage[]): void {
    for (const raw of messages) {
      const arrival = arrivalOf(this.request.channel, this.deps.queue, raw)
      let lose = (): void => {}
      this.claims.hold(arrival.handle, () => lose())
      if (this.poll.isStopping) void this.claims.release(arrival.handle)
      else lose = this.accept(arrival)
    }
  }

  /** Gives what is to be called when the claim is lost. */
  private accept(arrival: Arrival): () => void {
    const verdict = judge(arrival, this.request.channel, this.matches, this.deps.host.clock.now())
    // What fails here comes again when its lease has ended.
    if (verdict === 'drop') void this.settling.remove(arrival.handle).catch(() => {})
    else if (verdict === 'bury') void this.settling.buryPoison(arrival).catch(() => {})
    else if (verdict === 0) return this.start(arrival)
    else return this.wait(arrival, verdict)
    return () => {}
  }

  private wait(arrival: Arrival, ms: number): () => void {
    let lose = (): void => this.early.take(arrival.handle)
    this.early.put(arrival.handle, ms, () => {
      this.due += 1
      void this.pump.roomy().then(() => {
        this.due -= 1
        if (!this.poll.isStopping) lose = this.start(arrival)
      })
    })
    return () => lose()
  }

  private start(arrival: Arrival): () => void {
    return this.pump.take({
      message: arrival.form.message,
      attempt: arrival.attempt,
      settle: (outcome) => this.settling.settle(arrival, outcome),
    })
  }
}
