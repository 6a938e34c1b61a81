/** The messages that a channel of the broker has handed out and that are not settled yet. */

import type { Channel } from 'rabbitmq-client'
import type { Wire } from './wire.js'

/** Acknowledges what one turn has settled in as few frames as the tags allow. */
export class Claims {
  /** In the order in which they came, which is that of their tags. */
  private readonly open = new Set<number>()
  private settled: number[] = []

  constructor(
    private readonly wire: Wire,
    private readonly amqp: Channel,
  ) {}

  add(tag: number): void {
    this.open.add(tag)
  }

  /** At the end of this turn. On a channel that is gone there is nothing to settle: the broker delivers again. */
  ack(tag: number): void {
    this.open.delete(tag)
    if (this.settled.length === 0) setImmediate(() => this.flush())
    this.settled.push(tag)
  }

  giveBack(tag: number): void {
    this.open.delete(tag)
    if (this.amqp.active) this.amqp.basicNack({ deliveryTag: tag, requeue: true })
  }

  /** Writes what is to be acknowledged. */
  flush(): void {
    const { settled, amqp } = this
    this.settled = []
    if (!amqp.active) return
    this.wire.gather()
    const [oldest = Number.POSITIVE_INFINITY] = this.open
    let last = 0
    let count = 0
    for (const tag of settled) {
      if (tag > oldest) amqp.basicAck({ deliveryTag: tag })
      else {
        last = Math.max(last, tag)
        count += 1
      }
    }
    // Everything up to the last of these has been settled.
    if (count > 0) amqp.basicAck({ deliveryTag: last, multiple: count > 1 })
  }
}
