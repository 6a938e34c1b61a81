/** A consumer of plain events: empties its queue into a buffer in this process, whose overflow the bus has chosen. */

import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import type { PlainConsumer } from '@busbar/adapter'
import { type BusErrorCode, type Channel, type Clock, type Consumer, matcher } from 'busbar/transport'
import { batchSize } from './batches.js'
import { LazyRemovals } from './lazy-removals.js'
import type { Line } from './lines.js'
import { readForm } from './message-form.js'
import { Poll, type PollHost } from './poll.js'

export interface ListenerHost extends PollHost {
  readonly clock: Clock
  readonly line: Line
  readonly plain: PlainConsumer
  readonly channel: Channel
  readonly pattern: string
  /** Members of a group share the queue: what comes after the end is for them. */
  readonly isShared: boolean
  onClosed(): Promise<void>
}

/** What a member received and did not delete, because it died, comes to another one after this time. */
const hiddenSeconds = 30

export class Listener implements Consumer {
  readonly ended: Promise<BusErrorCode | undefined>
  private readonly poll: Poll
  private readonly removals: LazyRemovals
  private readonly matches: (address: string) => boolean
  private closing: Promise<void> | undefined
  private tellEnd: (why: BusErrorCode | undefined) => void = () => {}

  constructor(private readonly deps: ListenerHost) {
    this.matches = matcher(deps.pattern)
    this.removals = new LazyRemovals(deps.clock, deps.line, deps.queue.endsWith('.fifo'))
    const stopped = new Promise<BusErrorCode | undefined>((resolve) => {
      this.tellEnd = resolve
    })
    this.ended = Promise.race([stopped, deps.plain.consumer.ended])
    // One that did not keep up has ended by itself: its queue must not fill for nobody.
    void deps.plain.consumer.ended.then(() => this.close())
    this.poll = new Poll(deps, {
      hiddenSeconds,
      most: batchSize,
      room: () => batchSize,
      onMessages: (messages) => this.onMessages(messages),
      onEnd: (why) => this.tellEnd(why),
    })
  }

  close(): Promise<void> {
    this.closing ??= this.drain()
    return this.closing
  }

  /** Ends without waiting for handlers; resolves when nothing is under way any more. */
  async abandon(): Promise<void> {
    this.poll.stop()
    this.deps.plain.abandon()
    if (this.deps.isShared) this.removals.flush()
    this.tellEnd('CLOSED')
    await this.deps.onClosed()
    await this.poll.stopped
  }

  private async drain(): Promise<void> {
    this.poll.stop()
    // A queue of one's own is deleted, which ends the poll as well.
    if (this.deps.isShared) {
      await this.poll.stopped
      this.removals.flush()
      await this.deps.line.removals.idle()
    }
    await Promise.all([this.deps.plain.consumer.close(), this.deps.onClosed()])
    this.tellEnd(undefined)
  }

  private onMessages(messages: readonly SqsMessage[]): void {
    const { line, queue, channel, plain } = this.deps
    for (const raw of messages) {
      const handle = raw.ReceiptHandle ?? ''
      if (this.poll.isStopping) {
        line.hidings.add({ handle, seconds: 0 }).catch(() => {})
        continue
      }
      this.removals.add(handle)
      const { message } = readForm(channel, queue, raw)
      if (this.matches(message.address)) void plain.offer(message)
    }
  }
}
