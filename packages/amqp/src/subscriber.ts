/** Hears plain events: a subscription that is gone when its link is, with the buffer in this process. */

import { createPlainConsumer, type PlainConsumer } from '@busbar/adapter'
import type { BusErrorCode, ConsumeRequest, Consumer, Deliver, Host } from 'busbar/transport'
import rhea, { type EventContext, type Receiver } from 'rhea'
import type { Tenant } from './line.js'
import { fromAmqp } from './messages.js'
import { selectorOf } from './names.js'
import { leaveUndecoded } from './undecoded.js'
import type { Wire } from './wire.js'

export interface SubscriberOptions {
  readonly host: Host
  readonly request: ConsumeRequest
  readonly address: string
  /** Members with the same name share one copy. */
  readonly shared: string | undefined
  /** Differs between the links of all members. */
  readonly member: string
  readonly onEnd: () => void
}

/** What may be under way from the broker; the buffer that counts is the consumer's own. */
const creditWindow = 500

export async function openSubscriber(options: SubscriberOptions, deliver: Deliver): Promise<Subscriber> {
  return new Subscriber(options, await createPlainConsumer(options.host, options.request, deliver))
}

export class Subscriber implements Consumer, Tenant {
  readonly ended: Promise<BusErrorCode | undefined>
  private readonly tellEnd: (why: BusErrorCode | undefined) => void
  private wire: Wire | undefined
  private receiver: Receiver | undefined
  private isOver = false

  constructor(
    private readonly options: SubscriberOptions,
    private readonly plain: PlainConsumer,
  ) {
    let tell: (why: BusErrorCode | undefined) => void = () => {}
    this.ended = new Promise((resolve) => {
      tell = resolve
    })
    this.tellEnd = tell
    void plain.consumer.ended.then((why) => this.end(why))
  }

  async onUp(wire: Wire): Promise<void> {
    const { address, shared, member, request, host } = this.options
    const selector = selectorOf(request.channel, request.pattern)
    const capabilities = shared === undefined ? ['topic'] : ['topic', 'shared', 'global']
    const receiver = await wire.openReceiver(
      {
        // Settled by the broker as it sends, since nothing is redelivered.
        ...{ credit_window: creditWindow, autoaccept: false, snd_settle_mode: 1 },
        ...(shared !== undefined && { name: `${shared}|${member}` }),
        source: {
          address,
          capabilities,
          ...(selector !== undefined && { filter: rhea.filter.selector(selector) }),
        },
      },
      `Subscribing to "${address}"`,
    )
    this.wire = wire
    this.receiver = receiver
    if (this.isOver) return wire.closeLink(receiver)
    leaveUndecoded(receiver)
    receiver.on('message', ({ message, delivery }: EventContext) => {
      delivery?.update(true)
      if (message === undefined || this.isOver) return
      void this.plain.offer(fromAmqp(request.channel, message, () => host.clock.now()).message)
    })
    const ended = (): void => {
      if (receiver === this.receiver && wire.isUp) this.end('NOT_FOUND')
    }
    receiver.on('receiver_error', ended)
    receiver.on('receiver_close', ended)
  }

  onDown(): void {
    this.wire = undefined
    this.receiver = undefined
  }

  onLost({ code }: { readonly code: BusErrorCode }): void {
    this.end(code)
    this.plain.abandon()
  }

  async close(): Promise<void> {
    await this.leave()
    await this.plain.consumer.close()
    this.end(undefined)
  }

  abandon(): void {
    void this.leave()
    this.plain.abandon()
    this.end('CLOSED')
  }

  private async leave(): Promise<void> {
    const { wire, receiver } = this
    this.isOver = true
    this.receiver = undefined
    if (receiver !== undefined) await wire?.closeLink(receiver)
  }

  private end(why: BusErrorCode | undefined): void {
    void this.leave()
    this.options.onEnd()
    this.tellEnd(why)
  }
}
