/** Reads a stream from an offset on, through breaks, no faster than records are settled. */

import type { ConsumeRequest } from 'busbar/transport'
import type { Channel as AmqpChannel, AsyncMessage } from 'rabbitmq-client'
import type { Context } from '../context.js'
import type { Kept } from '../wire.js'
import { offsetOf, type Position, prefetchCount, turn } from './offsets.js'

export interface TapOptions {
  readonly queue: string
  readonly at: Position
  /** Whether no more is wanted for now; `Tap.resume` says that this has changed. */
  isFull(): boolean
  onRecord(arrived: AsyncMessage, offset: number): void
  readonly onGap: ConsumeRequest['onGap']
}

export interface Tap {
  resume(): void
  close(): Promise<void>
}

/** Resolves when it is effective. */
export async function openTap({ link }: Context, options: TapOptions): Promise<Tap> {
  let next = options.at.from
  let { isExact } = options.at
  let amqp: AmqpChannel | undefined
  let lastTag = 0
  let isDue = false
  let isOver = false

  function thank(): void {
    isDue = false
    if (lastTag === 0 || isOver || options.isFull()) return
    if (amqp?.active) amqp.basicAck({ deliveryTag: lastTag, multiple: true })
    lastTag = 0
  }
  function resume(): void {
    if (isDue || lastTag === 0) return
    isDue = true
    setImmediate(thank)
  }
  function take(arrived: AsyncMessage): void {
    lastTag = arrived.deliveryTag
    resume()
    const offset = offsetOf(arrived)
    if (isOver || offset < next) return
    // One is missing where the broker noted something of its own; retention removes whole segments.
    const count = offset - next
    if (count > 1 && isExact) options.onGap({ count, from: next, to: offset - 1 })
    next = offset + 1
    isExact = true
    options.onRecord(arrived, offset)
  }

  const kept: Kept = await link.inward.keep({
    async setup(fresh) {
      lastTag = 0
      await fresh.basicQos({ prefetchCount })
      const place = { 'x-stream-offset': next }
      await fresh.basicConsume({ queue: options.queue, arguments: place }, (arrived) => {
        if (fresh === amqp) take(arrived)
      })
      amqp = fresh
      await turn(fresh)
    },
    onLost() {
      amqp = undefined
    },
  })
  return {
    resume,
    close() {
      isOver = true
      return kept.close()
    },
  }
}
