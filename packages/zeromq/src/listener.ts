/** A consumer of plain events. */

import { createPlainConsumer, type PlainConsumer } from '@busbar/adapter'
import type { BusErrorCode, ConsumeRequest, Consumer, Deliver } from 'busbar/transport'
import { readEvent } from './event-form.js'
import type { Link } from './link.js'
import type { Membership } from './membership.js'

export class Listener {
  readonly consumer: Consumer
  private tellEnd: (why: BusErrorCode | undefined) => void = () => undefined
  private closing: Promise<void> | undefined

  private constructor(
    private readonly membership: Membership,
    private readonly plain: PlainConsumer,
    private readonly number: number,
    private readonly left: () => void,
  ) {
    const ended = new Promise<BusErrorCode | undefined>((resolve) => {
      this.tellEnd = resolve
    })
    this.consumer = { ended, close: () => this.close() }
    void plain.consumer.ended.then((why) => {
      this.tellEnd(why)
      if (why !== undefined) void this.close()
    })
  }

  /** Resolves when every link sends what it publishes from then on. */
  static async open(
    link: Link,
    membership: Membership,
    listeners: Set<Listener>,
    request: ConsumeRequest,
    deliver: Deliver,
  ): Promise<Listener> {
    const { channel, pattern, group } = request
    const plain = await createPlainConsumer(link.host, request, deliver)
    const number = link.nextNumber()
    link.listen(number, (event) => void plain.offer(readEvent(event)))
    const listener = new Listener(membership, plain, number, () => {
      link.unlisten(number)
      listeners.delete(listener)
    })
    listeners.add(listener)
    try {
      const entry = { number, channel: channel.name, kind: channel.kind, pattern }
      await membership.add(group === undefined ? entry : { ...entry, group })
    } catch (error) {
      listener.abandon()
      throw error
    }
    return listener
  }

  /** Ends without waiting for handlers. */
  abandon(): void {
    this.left()
    this.plain.abandon()
    this.tellEnd('CLOSED')
  }

  private close(): Promise<void> {
    this.closing ??= this.end()
    return this.closing
  }

  private async end(): Promise<void> {
    // On a link that is closed the others know already.
    await this.membership.remove(this.number).catch(() => undefined)
    this.left()
    await this.plain.consumer.close()
    this.tellEnd(undefined)
  }
}
