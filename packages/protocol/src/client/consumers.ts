/** All consumers of a session: finds the one a frame is for, and sets them up again after a break. */

import type { BusErrorCode, Clock, ConsumeRequest, Deliver } from 'busbar/transport'
import { readDeliver, readGap, readTokens } from '../delivery-frames.js'
import type { readEnded } from '../error-frames.js'
import type { FrameReader } from '../frame-reader.js'
import type { FrameWriter } from '../frame-writer.js'
import type { ChannelEntry } from './channels.js'
import { Consuming, type ConsumingHost } from './consuming.js'
import type { Uplink } from './uplink.js'

export class Consumers implements ConsumingHost {
  private readonly byId = new Map<number, Consuming>()
  private readonly unsaid = new Set<Consuming>()

  constructor(
    readonly uplink: Uplink,
    readonly clock: Clock,
  ) {}

  add(id: number, entry: ChannelEntry, request: ConsumeRequest, deliver: Deliver): Consuming {
    const consumer = new Consuming(id, this, entry, request, deliver)
    this.byId.set(id, consumer)
    if (this.uplink.takesNew) void consumer.setUp()
    return consumer
  }

  all(): Consuming[] {
    return [...this.byId.values()]
  }

  due(): Consuming[] {
    return this.all().filter((consumer) => !consumer.isSettled)
  }

  dirty(consumer: Consuming): void {
    this.unsaid.add(consumer)
    this.uplink.flush()
  }

  forget(consumer: Consuming): void {
    this.byId.delete(consumer.id)
    this.unsaid.delete(consumer)
  }

  onFlush(out: FrameWriter): void {
    if (this.unsaid.size === 0) return
    for (const consumer of this.unsaid) consumer.onFlush(out)
    this.unsaid.clear()
  }

  /** Frames for a consumer that has left may still be on their way; they mean nothing. */
  onDeliver(body: FrameReader, flags: number): void {
    const consumer = this.byId.get(body.u32())
    if (consumer !== undefined) consumer.onDeliver(readDeliver(body, flags, consumer.entry.channel))
  }

  onLost(body: FrameReader): void {
    const consumer = this.byId.get(body.u32())
    readTokens(body, (token) => consumer?.onLost(token))
  }

  onGap(body: FrameReader, flags: number): void {
    const { consumerId, gap } = readGap(body, flags)
    this.byId.get(consumerId)?.onGap(gap)
  }

  /** False when the id is not one of a consumer. */
  onEnded({ id, code }: ReturnType<typeof readEnded>): boolean {
    const consumer = this.byId.get(id)
    consumer?.onEnded(code)
    return consumer !== undefined
  }

  drop(): void {
    this.unsaid.clear()
    for (const consumer of this.all()) consumer.drop()
  }

  endAll(code: BusErrorCode): void {
    for (const consumer of this.all()) consumer.end(code)
  }
}
