/** Plain events: over Pub/Sub, to all who listen and to one member of each group. */

import { createPlainConsumer, type PlainConsumer } from '@busbar/adapter'
import {
  type BusErrorCode,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  matcher,
} from 'busbar/transport'
import { readEnvelope } from './envelope.js'
import type { Link, Tenant } from './link.js'
import { allOf, lineOf } from './names.js'
import { enlist } from './scripts/managing.js'

export class PlainListener implements Tenant {
  readonly consumer: Consumer
  private readonly number: number
  private readonly base: string
  private readonly isMatch: (address: string) => boolean
  private isOver = false

  private constructor(
    private readonly link: Link,
    private readonly request: ConsumeRequest,
    private readonly plain: PlainConsumer,
  ) {
    this.number = link.nextNumber()
    this.base = link.base(request.channel)
    this.isMatch = matcher(request.pattern)
    const { ended } = plain.consumer
    this.consumer = {
      ended,
      close: async () => {
        await this.leave()
        await plain.consumer.close()
      },
    }
    void ended.then(() => this.leave())
  }

  static async open(link: Link, request: ConsumeRequest, deliver: Deliver): Promise<PlainListener> {
    const listener = new PlainListener(link, request, await createPlainConsumer(link.host, request, deliver))
    if (request.group === undefined) await link.connection.subscribe(listener.base, listener.hear)
    else {
      link.listen(listener.number, listener.hear)
      await listener.enlist(true)
    }
    link.tenants.add(listener)
    return listener
  }

  /** The subscription of the channel comes back by itself. */
  async onBack(): Promise<void> {
    if (this.request.group !== undefined) await this.enlist(true)
  }

  async abandon(_why: BusErrorCode): Promise<void> {
    this.plain.abandon()
    await this.leave()
  }

  private readonly hear = (data: Buffer): void => {
    const { channel } = this.request
    const message = readEnvelope(channel, data, () => this.link.host.clock.now())
    if (!this.isOver && this.isMatch(message.address)) void this.plain.offer(message)
  }

  private async leave(): Promise<void> {
    if (this.isOver) return
    this.isOver = true
    this.link.tenants.delete(this)
    if (this.request.group === undefined) {
      await this.link.connection.unsubscribe(this.base, this.hear)
      return
    }
    // On a link that is cut, the first message that does not reach it takes it off the list.
    if (this.link.connection.isUp) await this.enlist(false).catch(() => undefined)
    this.link.unlisten(this.number)
  }

  private async enlist(isHere: boolean): Promise<void> {
    const { channel, group = '', pattern } = this.request
    const place = lineOf(channel, group, pattern)
    const facts = { place, pattern: place === group ? allOf(channel) : pattern, ...this.addressee() }
    const member = `${this.link.name}/${this.number}`
    await this.link.run(enlist, channel, ['members', member, isHere ? JSON.stringify(facts) : '', ''])
  }

  private addressee() {
    return { link: this.link.name, number: this.number }
  }
}
